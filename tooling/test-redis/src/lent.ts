/** A driver on a client that was made for it alone, which ends with it. */
export function lent<Driver extends { close(): Promise<void> }>(driver: Driver, end: () => void): Driver {
  const close = driver.close.bind(driver);
  driver.close = async () => {
    await close();
    end();
  };
  return driver;
}

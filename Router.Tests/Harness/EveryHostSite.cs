namespace Router.Tests.Harness;

/// <summary>
/// The shared site of a class whose cases must not reach the backend, whatever host they name. Its backend is raw: WireMock.Net's server
/// would refuse many of their requests itself, with the same status and without a record of them.
/// </summary>
public sealed class EveryHostSite() : SharedSite(address => SiteFile.Of("*", address));

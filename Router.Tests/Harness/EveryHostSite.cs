namespace Router.Tests.Harness;

/// <summary>The shared site of a class whose cases must not reach the backend, whatever host they name.</summary>
public sealed class EveryHostSite() : SharedSite(address => SiteFile.Of("*", address));

namespace Router.Tests.Harness;

/// <summary>The raw site of a class that needs no more than one frontend for <c>www.*</c>.</summary>
public sealed class PlainRawSite() : RawSite(address => SiteFile.Of("www.*", address));

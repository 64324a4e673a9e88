namespace Router.Tests.Harness;

/// <summary>
/// The shared site of a class that needs no more than one frontend for <c>www.*</c>. Its backend is raw: the classes that use it are about
/// raw targets, the bytes of headers and bodies, and responses that no HTTP server gives.
/// </summary>
public sealed class PlainSite() : SharedSite(address => SiteFile.Of("www.*", address));

using System.Net.Security;
using Router.Configuration;

namespace Router.Serving;

/// <summary>The certificates of a configuration, loaded and not in force yet.</summary>
/// <param name="Files">By the thumbprint of any certificate that a file has had: the files that have had it.</param>
/// <param name="Current">What is presented instead of each.</param>
public sealed record LoadedCertificates(
    Dictionary<string, HashSet<ServerCertificateFile>> Files,
    Dictionary<string, SslStreamCertificateContext> Current
);

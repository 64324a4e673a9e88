using System.Net.Security;
using Router.Configuration;

namespace Router.Serving;

/// <summary>The certificates of a configuration, loaded and not in force yet.</summary>
/// <param name="Files">Maps the thumbprint of each certificate that the server may have loaded to the files that held it.</param>
/// <param name="Section">The server's section of the configuration, as text.</param>
/// <param name="IsLoading">Whether the server loads certificates because of it.</param>
/// <param name="Current">Maps it to the certificate presented now.</param>
public sealed record LoadedCertificates(
    Dictionary<string, HashSet<ServerCertificateFile>> Files,
    string Section,
    bool IsLoading,
    Dictionary<string, SslStreamCertificateContext> Current
);

using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Router.Configuration;
using Router.Serving;

namespace Router.Tests;

/// <summary>Which certificate a handshake gets, by the one that the server loaded first.</summary>
public sealed class ServerCertificatesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("router-certificates-").FullName;
    private readonly IConfiguration _configuration;

    public ServerCertificatesTests()
    {
        Write("one", "wildcard.example.org");
        Copy("one", "two");
        _configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                from name in (string[])["one", "two"]
                from key in ((string Key, string Kind)[])[("Path", "crt"), ("KeyPath", "key")]
                select KeyValuePair.Create($"Kestrel:Endpoints:{name}:Certificate:{key.Key}", (string?)PathOf(name, key.Kind))
            )
            .Build();
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Files_that_had_the_same_certificate_are_renewed_together_or_not_at_all()
    {
        var certificates = new ServerCertificates(_configuration);
        var first = ServerCertificateFile.All(_configuration).First().Load();

        Write("two", "two.example.org");
        var errors = new ValidationErrors();
        certificates.Load(_configuration, errors);
        errors.All.Should().ContainSingle().Which.ToString().Should().Contain("had the same certificate and no longer have");

        Copy("two", "one");
        errors = new ValidationErrors();
        certificates.Take(certificates.Load(_configuration, errors));
        errors.Any.Should().BeFalse();
        var handshake = new SslServerAuthenticationOptions { ServerCertificateContext = first };
        certificates.Present(new DefaultConnectionContext(), handshake);
        handshake.ServerCertificateContext!.TargetCertificate.Subject.Should().Be("CN=two.example.org");
    }

    private void Copy(string from, string to)
    {
        File.Copy(PathOf(from, "crt"), PathOf(to, "crt"), overwrite: true);
        File.Copy(PathOf(from, "key"), PathOf(to, "key"), overwrite: true);
    }

    private string PathOf(string name, string kind) => Path.Combine(_directory, $"{name}.{kind}");

    private void Write(string name, string subject)
    {
        using var certificate = Certificates.Of(subject);
        certificate.Write(_directory, name);
    }
}

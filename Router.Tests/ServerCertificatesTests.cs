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
        errors.All.Should().ContainSingle().Which.ToString().Should().Contain("held the same certificate and now hold different ones");

        Copy("two", "one");
        Renew(certificates);
        Presented(certificates, first).Should().Be("CN=two.example.org");
    }

    [Fact]
    public void Files_that_had_the_same_certificate_for_a_while_since_the_start_are_renewed_one_by_one()
    {
        Write("two", "two.example.org");
        var first = ServerCertificateFile.All(_configuration).Select(file => file.Load()).ToArray();
        var certificates = new ServerCertificates(_configuration);
        Renew(certificates);
        Copy("one", "two");
        Renew(certificates);

        Write("two", "three.example.org");
        Renew(certificates);

        first.Select(loaded => Presented(certificates, loaded)).Should().Equal("CN=wildcard.example.org", "CN=three.example.org");
    }

    [Fact]
    public void A_certificate_that_was_renewed_while_the_server_loaded_it_is_followed()
    {
        var certificates = new ServerCertificates(_configuration);
        Write("one", "between.example.org");
        Copy("one", "two");
        var loaded = ServerCertificateFile.All(_configuration).First().Load();
        Renew(certificates);

        Write("one", "later.example.org");
        Copy("one", "two");
        Renew(certificates);

        Presented(certificates, loaded).Should().Be("CN=later.example.org");
    }

    private void Renew(ServerCertificates certificates)
    {
        var errors = new ValidationErrors();
        certificates.Take(certificates.Load(_configuration, errors));
        errors.All.Should().BeEmpty();
    }

    private static string Presented(ServerCertificates certificates, SslStreamCertificateContext loaded)
    {
        var handshake = new SslServerAuthenticationOptions { ServerCertificateContext = loaded };
        certificates.Present(new DefaultConnectionContext(), handshake);
        return handshake.ServerCertificateContext!.TargetCertificate.Subject;
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

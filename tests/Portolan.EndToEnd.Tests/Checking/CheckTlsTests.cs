using System.Globalization;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Checking;

/// <summary>TLS against <c>openssl s_server</c>, with good certificates and with each fault.</summary>
public sealed class CheckTlsTests
{
    private const string Name = "www.example.test";

    [Theory]
    [InlineData("-tls1_2", "TLS 1.2")]
    [InlineData("-tls1_3", "TLS 1.3")]
    public void Version_cipher_protocol_chain_names_and_expiry_are_shown(string version, string expected)
    {
        using var lab = new CheckLab();
        var certificates = Trust(lab);
        Serve(lab, certificates.MakeBelowIntermediate(sendsIntermediate: true, 60, Name, "198.18.0.2"), version, "-alpn", "http/1.1");

        var check = lab.CheckJson(
            0, "https://198.18.0.2/", "--expect", "tls-days=14+", "--expect", $"tls={expected[4..]}", "--expect", "tls-trusted", "--expect",
            "status=200");

        var tls = check.Step("tls");
        Assert.Equal((expected, "http/1.1", true), (tls.Text("version"), tls.Text("alpn"), tls.GetProperty("trusted").GetBoolean()));
        Assert.StartsWith("TLS_", tls.Text("cipherSuite"), StringComparison.Ordinal);
        Assert.Equal(58, tls.GetProperty("daysLeft").GetInt32());
        var chain = tls.GetProperty("chain").EnumerateArray().ToList();
        Assert.Equal([$"CN={Name}", "CN=Portolan Test Intermediate", "CN=Portolan Test Root"], chain.Select(c => c.Text("subject")));
        Assert.Equal([true, true, false], chain.Select(c => c.GetProperty("sent").GetBoolean()));
        Assert.Equal([Name, "198.18.0.2"], chain[0].GetProperty("names").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal(("ECDSA 256", "CN=Portolan Test Intermediate"), (chain[0].Text("key"), chain[0].Text("issuer")));
        Assert.Equal(200, check.Step("http").GetProperty("response").GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData("expired", "expired on")]
    [InlineData("not-yet-valid", "is valid from")]
    [InlineData("name-mismatch", "is for other.example.test, not for 198.18.0.2")]
    [InlineData("self-signed", "self-signed")]
    [InlineData(
        "unknown-issuer", "its issuer CN=Portolan Test Intermediate is not trusted, and the server sent no certificate of that issuer")]
    public void Each_fault_of_a_chain_is_told_and_stops_the_check_unless_it_may_go_on(string fault, string text)
    {
        using var lab = new CheckLab();
        var certificates = Trust(lab);
        Serve(lab, fault switch
        {
            "expired" => certificates.Make(-30, -3.5, Name, "198.18.0.2"),
            "not-yet-valid" => certificates.Make(2, 30, Name, "198.18.0.2"),
            "name-mismatch" => certificates.Make(-1, 30, "other.example.test"),
            "self-signed" => certificates.MakeSelfSigned(Name, "198.18.0.2"),
            _ => certificates.MakeBelowIntermediate(sendsIntermediate: false, 30, Name, "198.18.0.2"),
        });

        var check = lab.CheckJson(1, "https://198.18.0.2/");

        Assert.Equal("route connect tls", check.Kinds());
        var tls = check.Step("tls");
        Assert.False(tls.GetProperty("trusted").GetBoolean());
        var found = Assert.Single(tls.GetProperty("faults").EnumerateArray());
        Assert.Equal(fault, found.Text("kind"));
        Assert.Contains(text, found.Text("text"), StringComparison.Ordinal);
        Assert.Equal("open", check.Text("state"));

        var insecure = lab.CheckJson(0, "https://198.18.0.2/", "--insecure", "--expect", "status=200");
        Assert.Equal(("warning", fault), (insecure.Step("tls").Text("result"), insecure.Step("tls").GetProperty("faults")[0].Text("kind")));
    }

    [Fact]
    public void Several_faults_are_told_together()
    {
        using var lab = new CheckLab();
        var certificates = Trust(lab);
        Serve(lab, certificates.Make(-30, -3.5, "other.example.test"));

        var check = lab.CheckJson(1, "https://198.18.0.2/", "--expect", "tls-days=14+", "--expect", "open");

        Assert.Equal(
            ["expired", "name-mismatch"],
            check.Step("tls").GetProperty("faults").EnumerateArray().Select(f => f.Text("kind")).Order(StringComparer.Ordinal));
        Assert.Equal(-4, check.Step("tls").GetProperty("daysLeft").GetInt32());
        var expectations = check.GetProperty("expectations");
        Assert.Equal((false, "expired, 4 days ago"), (expectations[0].GetProperty("met").GetBoolean(), expectations[0].Text("actual")));
        Assert.True(expectations[1].GetProperty("met").GetBoolean());
    }

    [Fact]
    public void An_expired_intermediate_counts_as_well()
    {
        using var lab = new CheckLab();
        var certificates = Trust(lab);
        Serve(lab, certificates.MakeBelowIntermediate(sendsIntermediate: true, -2, "198.18.0.2"));

        var faults = lab.CheckJson(1, "https://198.18.0.2/").Step("tls").GetProperty("faults").EnumerateArray().Select(f => f.Text("text"))
            .ToList();

        Assert.Contains(
            faults, f => f!.StartsWith("the certificate of CN=Portolan Test Intermediate expired on", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_name_can_be_asked_for()
    {
        using var lab = new CheckLab();
        var certificates = Trust(lab);
        Serve(lab, certificates.Make(-1, 30, Name));

        Assert.Equal(Name, lab.CheckJson(0, "https://198.18.0.2/", "--sni", Name).Step("tls").Text("serverName"));
        lab.CheckJson(1, "https://198.18.0.2/");
    }

    [Theory]
    [InlineData("https", "-tls1_2", "tls", "the server requires a client certificate: alert handshake failure")]
    [InlineData("https", "-tls1_3", "http", "the server requires a client certificate: alert certificate required")]
    [InlineData("tls", "-tls1_3", "greeting", "the server requires a client certificate: alert certificate required")]
    [InlineData("imaps", "-tls1_3", "greeting", "the server requires a client certificate: alert certificate required")]
    public void A_server_that_requires_a_client_certificate_is_named_as_such(string scheme, string version, string step, string summary)
    {
        using var lab = new CheckLab();
        var certificates = Trust(lab);
        Serve(lab, certificates.Make(-1, 30, "198.18.0.2"), version, "-Verify", "1", "-verify_return_error");

        var check = lab.CheckJson(1, $"{scheme}://198.18.0.2:443");

        Assert.Equal(summary, check.Step(step).Text("summary"));
        Assert.Equal(
            "check has no client certificate to send; the port works for clients that have one",
            check.Step(step).Text("meaning"));
        Assert.True(check.Step("tls").GetProperty("clientCertificateRequested").GetBoolean());
    }

    [Fact]
    public void A_client_certificate_that_is_only_asked_for_is_shown_and_no_fault()
    {
        using var lab = new CheckLab();
        var certificates = Trust(lab);
        Serve(lab, certificates.Make(-1, 30, "198.18.0.2"), "-verify", "1");

        Assert.Contains(", asks for a client certificate\n", lab.Check("https://198.18.0.2").Expect(0).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_1", "TLS 1.1")]
    [InlineData("-tls1", "TLS 1.0")]
    public void A_server_with_an_old_version_only_is_named_by_that_version(string option, string version)
    {
        using var lab = new CheckLab();
        var certificates = Trust(lab);
        Serve(lab, certificates.Make(-1, 30, "198.18.0.2"), option, "-cipher", "DEFAULT@SECLEVEL=0");

        Assert.Equal(
            $"the server supports at most {version}, which this host refuses",
            lab.CheckJson(1, "https://198.18.0.2").Step("tls").Text("summary"));
    }

    [Fact]
    public void A_server_that_refuses_the_handshake_is_quoted_by_its_alert()
    {
        using var lab = new CheckLab();
        var certificates = Trust(lab);
        Serve(lab, certificates.Make(-1, 30, Name), "-alpn", "imap");

        var tls = lab.CheckJson(1, "https://198.18.0.2/").Step("tls");

        Assert.Contains("alert", tls.Text("summary"), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, tls.GetProperty("version").ValueKind);
    }

    [Theory]
    [InlineData("hangs", "no answer to the ClientHello in 2 s")]
    [InlineData("closes", "the server closed the connection at the ClientHello")]
    [InlineData("speaks", "no TLS: the server answered \"220 mail ready\"")]
    [InlineData("begins", "the handshake was not finished in 2 s")]
    public void A_server_that_does_not_finish_the_handshake_is_described(string does, string summary)
    {
        using var lab = new CheckLab();
        lab.Serve(443, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            switch (does)
            {
                case "hangs":
                    await Task.Delay(Timeout.Infinite);
                    break;
                case "speaks":
                    await stream.WriteAsync("220 mail ready\r\n"u8.ToArray());
                    await Task.Delay(Timeout.Infinite);
                    break;
                case "begins":
                    await stream.WriteAsync(new byte[] { 22, 3, 3, 4, 0, 2 });
                    await Task.Delay(Timeout.Infinite);
                    break;
            }
        });

        var check = lab.CheckJson(1, "https://198.18.0.2/", "--timeout", "2");

        Assert.Equal(summary, check.Step("tls").Text("summary"));
        Assert.Equal(("open", "failed"), (check.Text("state"), check.Text("result")));
    }

    [Fact]
    public void Without_the_library_of_TLS_that_is_said_and_other_targets_are_still_checked()
    {
        using var lab = new CheckLab();
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root can hide a library");
        lab.Serve(22, async stream => await stream.WriteAsync("hello\n"u8.ToArray()));
        var files = new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint };
        var libraries = ((string[])["/usr/lib", "/usr/lib64", .. Directory.GetDirectories("/usr/lib", "*-linux-*")])
            .Where(Directory.Exists).SelectMany(folder => Directory.GetFiles(folder, "libssl.so*", files)).ToArray();
        Assert.SkipWhen(libraries.Length == 0, "OpenSSL's library is somewhere else");
        var hide = string.Join("; ", libraries.Select(l => $"mount --bind /dev/null {l}"));
        var (output, error, exit) = lab.Client.Execute(
            "/usr/bin/unshare", input: null, "-m", "/bin/sh", "-c",
            $"{hide}; exec {PortolanProgram.Path} check https://198.18.0.2/ 198.18.0.2:22");

        Assert.True(exit == 3, string.Create(CultureInfo.InvariantCulture, $"{exit}: {output}{error}"));
        Assert.Contains("TLS needs the OpenSSL library, which is not installed", output, StringComparison.Ordinal);
        Assert.Contains("hello", output, StringComparison.Ordinal);
    }

    private static TestCertificates Trust(CheckLab lab)
    {
        var certificates = new TestCertificates(lab.Folder.Path);
        lab.Environment["SSL_CERT_FILE"] = certificates.RootFile;
        return certificates;
    }

    private static void Serve(CheckLab lab, (string Certificate, string Key) files, params string[] options) => lab.Serve(
        443,
        Programs.Find("openssl", "/usr/bin/openssl"),
        ["s_server", "-accept", "443", "-cert", files.Certificate, "-cert_chain", files.Certificate, "-key", files.Key, "-www",
            .. options]);
}

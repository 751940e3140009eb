using System.Text;
using System.Text.RegularExpressions;
using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Fingerprints;
using Portolan.Tests.Cli.Scanning;

namespace Portolan.Tests.Scan.Identification;

/// <summary>Fingerprints of a person's own folder, in Recog's XML: what they add, and what is said of files that are none.</summary>
public sealed class FingerprintTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portolan-fingerprints-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_match_adds_what_is_not_known_and_changes_nothing_that_is()
    {
        var set = Load(("ssh.xml", """
            <?xml version='1.0' encoding='UTF-8'?>
            <fingerprints matches="ssh.banner" protocol="ssh">
              <!-- the first that matches counts -->
              <fingerprint pattern="^openssh_([\d.]+p\d) (Debian)-(\S+)$" flags="REG_ICASE">
                <description>OpenSSH of Debian</description>
                <example service.version="9.2p1">OpenSSH_9.2p1 Debian-2</example>
                <param pos="0" name="service.product" value="OpenSSH"/>
                <param pos="0" name="service.version" value="0.0"/>
                <param pos="0" name="os.vendor" value="Debian"/>
                <param pos="0" name="os.product" value="Linux"/>
                <param pos="0" name="os.version" value="12.0"/>
                <param pos="0" name="os.cpe23" value="cpe:/o:debian:debian_linux:{os.version}"/>
                <param pos="0" name="hw.product" value="&quot;Box&quot;"/>
              </fingerprint>
              <fingerprint pattern="^OpenSSH"><param pos="0" name="os.product" value="wrong"/></fingerprint>
            </fingerprints>
            """));
        var known = new IdentifiedService("ssh") { Product = "OpenSSH", Version = "9.2p1", Cpes = ["cpe:/a:openbsd:openssh:9.2p1"] };
        var service = Refine(set, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", known);
        Assert.Equal(("OpenSSH", "9.2p1"), (service.Product, service.Version));
        Assert.Equal(("Debian Linux 12.0", "\"Box\""), (service.OperatingSystem, service.Info));
        Assert.Equal(["cpe:/a:openbsd:openssh:9.2p1", "cpe:/o:debian:debian_linux:12.0"], service.Cpes);
    }

    [Fact]
    public void A_product_that_nobody_knew_is_named_with_version_and_CPE()
    {
        var set = Load(("http.xml", """
            <fingerprints matches="http_header.server">
              <fingerprint pattern="^acme-box/([^ ]+)">
                <param pos="0" name="service.vendor" value="Acme"/>
                <param pos="0" name="service.product" value="Box"/>
                <param pos="1" name="service.version"/>
                <param pos="0" name="service.cpe23" value="cpe:/a:acme:box:{service.version}"/>
                <param pos="0" name="hw.cpe23" value="cpe:/h:acme:box:-"/>
              </fingerprint>
            </fingerprints>
            """));
        var service = Refine(set, "HTTP/1.1 200 OK\r\nServer: acme-box/1.2+x \u0007y\r\n\r\n", new IdentifiedService("http"));
        Assert.Equal(("Box", "1.2+x"), (service.Product, service.Version));
        Assert.Equal(["cpe:/a:acme:box:1.2%2bx", "cpe:/h:acme:box"], service.Cpes);
    }

    [Fact]
    public void A_version_of_another_product_is_not_taken()
    {
        const string Facts =
            """<param pos="0" name="service.product" value="Dropbear"/><param pos="0" name="service.version" value="1"/>""";
        var set = Load(("ssh.xml", Ssh(".*", Facts)));
        var service = Refine(set, "SSH-2.0-OpenSSH\r\n", new IdentifiedService("ssh") { Product = "OpenSSH" });
        Assert.Equal(("OpenSSH", null), (service.Product, service.Version));
    }

    [Theory]
    [InlineData("smtp", "smtp.banner", "220 mail ESMTP x\r\n", "mail ESMTP x")]
    [InlineData("ftp", "ftp.banner", "220-hello\r\n220 there\r\n", "hello")]
    [InlineData("pop3", "pop3.banner", "+OK ready\r\n", "ready")]
    [InlineData("imap", "imap4.banner", "* OK ready\r\n", "ready")]
    [InlineData("nntp", "nntp.banner", "200 ready\r\n", "ready")]
    [InlineData("telnet", "telnet.banner", "\u00ff\u00fd\u0018login:", "login:")]
    [InlineData("mysql", "mysql.banners", "J\0\0\0\n8.0.36\0", "8.0.36")]
    [InlineData("http", "html_title", "HTTP/1.1 200 OK\r\n\r\n<title>Box</title>", "Box")]
    [InlineData("sip", "sip_header.server", "SIP/2.0 200 OK\r\nServer: Box 1\r\n\r\n", "Box 1")]
    public void Texts_are_taken_from_replies(string protocol, string kind, string reply, string text) =>
        Assert.Contains((kind, text), FingerprintTexts.Of(protocol, Encoding.Latin1.GetBytes(reply)));

    [Theory]
    [InlineData(@"^A\_B$", "A_B")]
    [InlineData(@"^\h+[\hx]$", "0afx")]
    [InlineData(@"(?m)^a.b$", "a\nb")]
    [InlineData(@"(?m:^a.b)", "a\nb")]
    [InlineData(@"^b$", "a\nb")]
    [InlineData(@"^[(?m)]\\$", @"m\")]
    public void Patterns_mean_what_they_mean_in_Ruby(string pattern, string text) =>
        Assert.Matches(Fingerprint.Compile(RubyPattern.Translate(pattern), RegexOptions.Multiline), text);

    [Fact]
    public void A_pattern_that_takes_long_is_given_up_and_the_next_one_counts()
    {
        // It looks ahead, so that it backtracks, and takes 2^n steps.
        var set = Load(
            ("a.xml", Ssh("^(?=a)(a+)+b$", """<param pos="0" name="service.product" value="slow"/>""")),
            ("b.xml", Ssh("^a", """<param pos="0" name="service.product" value="quick"/>""")));
        Assert.Equal("quick", Refine(set, $"SSH-2.0-{new string('a', 100)}\r\n", new IdentifiedService("ssh")).Product);
    }

    [Fact]
    public void Fingerprints_of_other_texts_are_counted_and_left_out()
    {
        var set = Load(
            ("a.xml", Ssh("x", "")), ("b.xml", Of("favicon.md5", "(", "")),
            ("c.xml", "<fingerprints><fingerprint pattern='x'/></fingerprints>"), ("readme.txt", "no XML"));
        Assert.Equal((1, 2), (set.Count, set.LeftOut));
    }

    [Theory]
    [InlineData("<other/>", "the root element is not 'fingerprints'")]
    [InlineData("<fingerprints matches=\"ssh.banner\"><fingerprint/></fingerprints>", "'fingerprint' has no pattern")]
    [InlineData("<fingerprints matches=\"ssh.banner\"><fingerprint pattern=\"(\"/></fingerprints>", "an invalid pattern: ")]
    [InlineData("<fingerprints><fingerprint pattern='x'><param pos='0'/></fingerprint></fingerprints>", "'param' has no name")]
    [InlineData(
        "<fingerprints><fingerprint pattern='x'><param name='a' pos='x'/></fingerprint></fingerprints>",
        "param 'a' has no pos from 0 to 99")]
    [InlineData("<fingerprints matches=\"ssh.banner\">", "")]
    [InlineData("", "")]
    [InlineData("not XML", "")]
    public void A_bad_file_is_an_error_that_names_the_place_and_the_remedy(string text, string reason)
    {
        var refusal = Assert.Throws<PortolanException>(() => Load(("bad.xml", text)));
        Assert.Contains("bad.xml: line 1: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, refusal.ExitCode);
        Assert.Contains("remove it from the folder", refusal.Hint?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_names_no_text_is_of_the_text_that_it_is_called_by()
    {
        const string NoText = "<fingerprints><fingerprint pattern='x'/></fingerprints>";
        var set = Load(("telnet_banners.xml", NoText), ("other.xml", NoText));
        Assert.Equal((1, 1), (set.Count, set.LeftOut));
    }

    [Fact]
    public void A_pattern_beyond_all_measure_is_refused()
    {
        var refusal = Assert.Throws<PortolanException>(() => Load(("big.xml", Ssh(new string('x', 9000), ""))));
        Assert.Contains("longer than 8192 characters", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_files_is_refused_on_the_command_line()
    {
        var refusal = ScanLine.Refuse($"-sV --fingerprints {_folder.FullName} 192.0.2.1");
        Assert.Contains("the folder has no files", refusal.Message, StringComparison.Ordinal);
        Assert.NotNull(refusal.Hint);
    }

    [Fact]
    public void A_folder_on_the_command_line_is_read()
    {
        Load(("ssh.xml", Ssh("x", "")));
        Assert.Equal(1, ScanLine.Read($"-sV --fingerprints {_folder.FullName} 192.0.2.1").Services.Settings?.Fingerprints?.Count);
        var refusal = ScanLine.Refuse($"--fingerprints {_folder.FullName} 192.0.2.1");
        Assert.Equal("--fingerprints needs -sV", refusal.Message);
    }

    [Theory]
    [InlineData("mariadb", 3306, "mysql.banners", "MariaDB")]
    [InlineData("bind", 53, "dns.versionbind", @"^9\.")]
    [InlineData("bind-udp", 53, "dns.versionbind", @"^9\.")]
    [InlineData("nginx", 80, "http_header.server", "^nginx")]
    public void What_a_service_said_on_the_network_is_matched(string recording, ushort port, string kind, string pattern)
    {
        var own = new IdentifySettings
        {
            Fingerprints = Load(
            ("own.xml", Of(kind, pattern, """<param pos="0" name="os.product" value="Own"/>""")))
        };
        Assert.Equal("Own", RecordedService.Read(recording).Ask(port, settings: own).Service?.OperatingSystem);
    }

    private static string Ssh(string pattern, string facts) => Of("ssh.banner", pattern, facts);

    private static string Of(string kind, string pattern, string facts) =>
        $"""<fingerprints matches="{kind}"><fingerprint pattern="{pattern}">{facts}</fingerprint></fingerprints>""";

    private static IdentifiedService Refine(FingerprintSet set, string reply, IdentifiedService service) =>
        set.Refine(service, Encoding.UTF8.GetBytes(reply));

    private FingerprintSet Load(params (string Name, string Text)[] files)
    {
        foreach (var (name, text) in files)
        {
            File.WriteAllText(Path.Combine(_folder.FullName, name), text);
        }

        return FingerprintSet.Load(_folder.FullName);
    }
}

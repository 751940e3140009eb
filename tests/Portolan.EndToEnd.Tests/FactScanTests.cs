using System.Text.Json;
using System.Xml.Linq;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>
/// scan -sC beside real servers: each fact against what the servers' own programs say, and against nmap's scripts of the same name.
/// </summary>
public sealed class FactScanTests
{
    private const string Ports = "T:2022,8081,8443,5354,U:5354,161";

    // Every server is a child of this shell, in a network and a process namespace of their own.
    private const string Servers =
        """
        set -e
        cd "$1"; P=$2
        ip link set lo up
        wait_for() { n=0; until ss -Htuln "sport = :$1" | grep -q .; do n=$((n + 1)); [ $n -lt 600 ] || { echo "nothing listens on $1" >&2; exit 99; }; sleep 0.1; done; }
        mkdir -p /run/sshd www
        chmod 755 . www
        ssh-keygen -q -t ed25519 -N '' -f ed25519
        ssh-keygen -q -t rsa -b 2048 -N '' -f rsa
        ssh-keygen -lf ed25519.pub >keys; ssh-keygen -lf rsa.pub >>keys
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out certificate -days 9 \
            -subj /CN=www.example.test/O=Harbour -addext subjectAltName=DNS:www.example.test,IP:192.0.2.1 2>/dev/null
        openssl x509 -in certificate -outform DER | sha256sum | cut -d' ' -f1 >sha256
        printf '<title>The\n  harbour</title><meta name="generator" content="Quill 3"><link rel="icon" href="/i.ico">' >www/index.html
        printf 'User-agent: *\nDisallow: /a\nDisallow: /b\n' >www/robots.txt
        head -c 4000 /dev/zero >www/i.ico
        printf 'user root;daemon off;pid %s/pid;error_log stderr;events{}http{access_log off;types{text/html html;text/plain txt;image/x-icon ico;}root %s/www;
            server{listen 8081;location = /x{return 302 /;}}
            server{listen 8443 ssl http2;ssl_certificate %s/certificate;ssl_certificate_key %s/key;ssl_protocols TLSv1.2 TLSv1.3;location = / {return 302 https://elsewhere.test/;}}}' \
            "$PWD" "$PWD" "$PWD" "$PWD" >nginx.conf
        printf 'agentAddress udp:127.0.0.1:161\nrocommunity public\n' >snmpd.conf
        {
            /usr/sbin/sshd -D -e -p 2022 -h "$PWD/ed25519" -h "$PWD/rsa" &
            nginx -c "$PWD/nginx.conf" &
            dnsmasq -k -p 5354 --no-resolv --no-hosts --address=/#/192.0.2.9 --user=root --pid-file= -C /dev/null &
            snmpd -f -Le -C -c "$PWD/snmpd.conf" &
        } >log 2>&1
        for port in 2022 8081 8443 5354 161; do wait_for $port; done
        "$P" scan -sSUV -sC -n -p "$3" 127.0.0.1 --json -oX ours.xml >ours.json
        nmap -sSUV -sC --version-light -n -Pn -p T:2022,8081,8443,U:5354 127.0.0.1 -oX nmaps.xml >/dev/null
        dtd=/usr/share/nmap/nmap.dtd
        if command -v xmllint >/dev/null && [ -r $dtd ]; then xmllint --noout --dtdvalid $dtd ours.xml; fi
        uname -r >release
        """;

    private static readonly Lazy<Answers> Both = new(Run);

    [Theory]
    [InlineData("tcp 8081", "http-title", "The harbour")]
    [InlineData("tcp 8081", "http-generator", "Quill 3")]
    [InlineData("tcp 8081", "http-robots.txt", "2 disallowed entries\n/a /b")]
    [InlineData("tcp 8443", "http-title", "Did not follow redirect to https://elsewhere.test/")]
    [InlineData("tcp 8443", "tls-alpn", "\n  h2\n  http/1.1\n  http/1.0\n  http/0.9")]
    [InlineData("tcp 8443", "tls-versions", "\n  TLSv1.2: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\n  TLSv1.3: TLS_AES_128_GCM_SHA256")]
    [InlineData("udp 5354", "dns-recursion", "Recursion appears to be enabled")]
    [InlineData("tcp 5354", "dns-recursion", "Recursion appears to be enabled")]
    public void A_server_tells_what_it_was_given(string port, string id, string output) =>
        Assert.Equal(output, Ours(port, id).GetProperty("output").GetString());

    [Fact]
    public void The_keys_of_sshd_are_those_that_ssh_keygen_made()
    {
        var lines = Ours("tcp 2022", "ssh-hostkey").GetProperty("output").GetString()!.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Trim());

        // "256 SHA256:… comment (ED25519)"
        var made = Both.Value.Keys.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' '))
            .Select(static words => $"{words[0]} {words[1]} {words[^1]}");
        Assert.Equal(made.Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_certificate_is_the_servers_and_says_when_it_ends()
    {
        var fields = Ours("tcp 8443", "ssl-cert").GetProperty("fields");
        Assert.Equal(Both.Value.Fingerprint, fields.GetProperty("sha256").GetString());
        Assert.Equal("www.example.test", fields.GetProperty("subject").GetProperty("commonName").GetString());
        Assert.Equal(["DNS:www.example.test", "IP Address:192.0.2.1"],
            fields.GetProperty("names").EnumerateArray().Select(static name => name.GetString()));
        Assert.InRange(fields.GetProperty("daysLeft").GetInt32(), 7, 9);
        Assert.False(fields.GetProperty("expired").GetBoolean());
    }

    [Fact]
    public void An_agent_with_the_community_public_describes_itself()
    {
        var description = Ours("udp 161", "snmp-sysdescr").GetProperty("fields").GetProperty("sysDescr").GetString()!;
        Assert.Contains(Both.Value.Release, description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp 8081", "http-generator")]
    [InlineData("tcp 8443", "http-title")]
    [InlineData("udp 5354", "dns-nsid")]
    public void Nmap_says_the_same_under_the_same_name(string port, string id) =>
        Assert.Equal(Nmaps(port, id).Attribute("output")!.Value.Trim(), Ours(port, id).GetProperty("output").GetString()!.Trim());

    [Fact]
    public void Nmap_has_the_same_certificate_and_the_same_key()
    {
        var certificate = Nmaps("tcp 8443", "ssl-cert");
        var fields = Ours("tcp 8443", "ssl-cert").GetProperty("fields");
        Assert.Equal(Element(certificate, "sha1"), fields.GetProperty("sha1").GetString());
        Assert.Equal(Element(certificate, "notAfter"), fields.GetProperty("validity").GetProperty("notAfter").GetString());
        Assert.Equal(Element(certificate, "bits"),
            fields.GetProperty("pubkey").GetProperty("bits").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture));

        // nmap 7.93 does not know how to ask for RSA keys of a new sshd.
        var keys = Ours("tcp 2022", "ssh-hostkey").GetProperty("fields").EnumerateArray()
            .Select(static key =>
            $"{key.GetProperty("type")} {key.GetProperty("bits")} {key.GetProperty("fingerprint")} {key.GetProperty("key")}").ToList();
        Assert.All(Nmaps("tcp 2022", "ssh-hostkey").Elements("table"),
            table => Assert.Contains(
            $"{Element(table, "type")} {Element(table, "bits")} {Element(table, "fingerprint")} {Element(table, "key")}", keys));
    }

    [Fact]
    public void The_XML_has_every_fact_that_JSON_has()
    {
        var scripts = XDocument.Parse(Both.Value.OurXml).Descendants("script")
            .Select(static script => $"{script.Attribute("id")!.Value} {script.Attribute("output")!.Value}").Order(StringComparer.Ordinal);
        var facts = Both.Value.Ports.Values.SelectMany(static port => port.GetProperty("facts").EnumerateArray())
            .Select(static fact => $"{fact.GetProperty("id")} {fact.GetProperty("output")}").Order(StringComparer.Ordinal);
        Assert.Equal(facts, scripts);
    }

    [Fact]
    public void Real_facts_fit_the_schema()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for a network namespace of its own");
        var schema = JsonSchema.Load("portolan.scan/1");
        Assert.All(Both.Value.Ports.Values, port => Assert.Empty(schema.Validate(port)));
    }

    private static JsonElement Ours(string port, string id)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for a network namespace of its own");
        var found = Both.Value.Ports[port];
        return found.GetProperty("facts").EnumerateArray().Single(fact => fact.GetProperty("id").GetString() == id);
    }

    private static XElement Nmaps(string port, string id)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for a network namespace of its own");
        var words = port.Split(' ');
        return XDocument.Parse(Both.Value.NmapXml).Descendants("port")
            .Single(one => one.Attribute("protocol")!.Value == words[0] && one.Attribute("portid")!.Value == words[1])
            .Elements("script").Single(script => script.Attribute("id")!.Value == id);
    }

    private static string Element(XElement script, string key) =>
        script.Descendants("elem").First(elem => elem.Attribute("key")?.Value == key).Value;

    private static Answers Run()
    {
        using var folder = new TemporaryFolder();
        Programs.Find("nmap", "/usr/bin/nmap");
        Programs.Run(
            Programs.Find("unshare", "/usr/bin/unshare"),
            ["--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", Servers, "sh", folder.Path,
                PortolanProgram.Path, Ports],
            environment: new Dictionary<string, string?> { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" })
                .Expect(0);
        string Read(string name) => File.ReadAllText(Path.Combine(folder.Path, name));
        return new Answers(
            Read("ours.json").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)
                .Where(static line => line.GetProperty("event").GetString() == "port")
                    .ToDictionary(static line => $"{line.GetProperty("protocol")} {line.GetProperty("port")}"),
            Read("ours.xml"), Read("nmaps.xml"), Read("keys"), Read("sha256").Trim(), Read("release").Trim());
    }

    private sealed record Answers(Dictionary<string, JsonElement> Ports, string OurXml, string NmapXml, string Keys, string Fingerprint,
        string Release);
}

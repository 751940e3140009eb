using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>scan -sV beside real servers, each with the version that Debian's package database has of it.</summary>
public sealed class ServiceScanTests
{
    // Every server is a child of this shell, in a network and a process namespace of their own.
    private const string Servers =
        """
        set -e
        cd "$1"; P=$2
        ip link set lo up
        wait_for() { n=0; until ss -Htuln "sport = :$1" | grep -q .; do n=$((n + 1)); [ $n -lt 600 ] || { echo "nothing listens on $1" >&2; exit 99; }; sleep 0.1; done; }
        mkdir -p /run/sshd www empty data
        chmod 755 . www empty; chmod 777 data
        ssh-keygen -q -t ed25519 -N '' -f hostkey
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out certificate -days 9 -subj /CN=x 2>/dev/null
        echo '<title>Welcome</title>' >www/index.html
        printf 'user root;daemon off;pid %s/pid;error_log stderr;events{}http{access_log off;server{listen 8081;root %s/www;}}' "$PWD" "$PWD" >nginx.conf
        printf 'defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\nfrontend f\n bind :8005\n default_backend b\nbackend b\n' >haproxy.cfg
        printf 'agentAddress udp:127.0.0.1:161\n' >snmpd.conf
        printf 'allow\nlocal\ncmdport 0\npidfile %s/chrony.pid\n' "$PWD" >chrony.conf
        printf 'global: {}\n' >prometheus.yml
        git init -q --bare data/x.git
        {
            /usr/sbin/sshd -D -e -p 2022 -h "$PWD/hostkey" &
            nginx -c "$PWD/nginx.conf" &
            haproxy -db -f haproxy.cfg &
            dnsmasq -k -p 5354 --no-resolv --no-hosts --user=root --pid-file= -C /dev/null &
            snmpd -f -Le -C -c "$PWD/snmpd.conf" &
            ! command -v chronyd || chronyd -d -x -f "$PWD/chrony.conf" -u root &
            prometheus --config.file=prometheus.yml --storage.tsdb.path=data/prometheus --web.listen-address=127.0.0.1:9191 &
            openssl s_server -quiet -www -accept 9443 -cert certificate -key key </dev/null &
            (cd empty && exec /usr/bin/python3 -m http.server 8011) &
            git daemon --reuseaddr --export-all --base-path="$PWD/data" --port=9418 &
        } >log 2>&1
        for port in 2022 8081 8005 5354 161 9191 9443 8011 9418 $(command -v chronyd >/dev/null && echo 123); do wait_for $port; done
        "$P" scan -sSUV -n -p T:2022,8081,8005,5354,9191,9443,8011,9418,U:5354,161,123 127.0.0.1 --json
        """;

    /// <summary>The protocol and port, what it is, and the package whose version it has; <c>-</c> where the bytes carry none.</summary>
    public static TheoryData<string, string, string?> Expected => new()
    {
        { "tcp 2022", "ssh OpenSSH", "openssh-server" },
        { "tcp 8081", "http nginx", "nginx-light" },
        { "tcp 8005", "http HAProxy", null },
        { "tcp 5354", "domain dnsmasq", "dnsmasq-base" },
        { "udp 5354", "domain dnsmasq", "dnsmasq-base" },
        { "udp 161", "snmp net-snmp", null },
        { "udp 123", "ntp ", null },
        { "tcp 9191", "http Prometheus", "prometheus" },
        { "tcp 9443", "ssl/http OpenSSL s_server", null },
        { "tcp 8011", "http Python http.server", "python3-minimal" },
        { "tcp 9418", "git git-daemon", null },
    };

    private static readonly Lazy<RunResult> Scan = new(Run);

    [Theory]
    [MemberData(nameof(Expected))]
    public void A_real_server_is_known(string port, string what, string? package)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for a network namespace of its own");
        Assert.SkipUnless(
            port != "udp 123" || File.Exists("/usr/sbin/chronyd"), "chrony is not installed: it would replace systemd-timesyncd");
        var found = Scan.Value.Expect(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonDocument.Parse(line).RootElement)
            .Single(
                line => line.GetProperty("event").GetString() == "port"
                    && $"{line.GetProperty("protocol")} {line.GetProperty("port")}" == port);
        var service = found.GetProperty("identified");

        Assert.True(service.ValueKind == JsonValueKind.Object, found.GetRawText());
        var tunnel = service.GetProperty("tunnel").GetString() is { } name ? $"{name}/" : "";
        Assert.Equal(what, $"{tunnel}{service.GetProperty("protocol")} {service.GetProperty("product")}");
        Assert.Equal("identified", found.GetProperty("evidence").GetString());
        var version = service.GetProperty("version").GetString();
        if (package is null)
        {
            Assert.Null(version);
        }
        else
        {
            Assert.Contains(version!, VersionOf(package), StringComparison.Ordinal);
        }
    }

    private static RunResult Run()
    {
        using var folder = new TemporaryFolder();
        return Programs.Run(
            Programs.Find("unshare", "/usr/bin/unshare"),
            ["--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", Servers, "sh", folder.Path,
                PortolanProgram.Path],
            environment: new Dictionary<string, string?> { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" });
    }

    // "1:9.2p1-2+deb12u10" without its epoch.
    private static string VersionOf(string package)
    {
        var version = Programs.Run(Programs.Find("dpkg-query", "/usr/bin/dpkg-query"), ["-W", "-f=${Version}", package]).Expect(0).Output;
        return version[(version.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }
}

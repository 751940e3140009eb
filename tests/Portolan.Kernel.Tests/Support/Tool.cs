using System.Diagnostics;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Support;

/// <summary>Runs the programs that Portolan is compared with.</summary>
internal static class Tool
{
    private static readonly string[] Folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

    private static readonly Dictionary<string, string> Packages = new(StringComparer.Ordinal)
    {
        ["ss"] = "iproute2",
        ["netstat"] = "net-tools",
        ["lsof"] = "lsof",
        ["ip"] = "iproute2",
        ["nft"] = "nftables",
        ["iptables-nft"] = "iptables",
        ["ip6tables-nft"] = "iptables",
        ["iptables-legacy"] = "iptables",
        ["ip6tables-legacy"] = "iptables",
        ["iptables-legacy-save"] = "iptables",
        ["ipset"] = "ipset",
        ["iptables-nft-save"] = "iptables",
        ["iptables-nft-restore"] = "iptables",
        ["iptables-legacy-restore"] = "iptables",
        ["ip6tables-nft-save"] = "iptables",
        ["ip6tables-nft-restore"] = "iptables",
        ["ps"] = "procps",
        ["stat"] = "coreutils",
        ["setpriv"] = "util-linux",
        ["prlimit"] = "util-linux",
        ["unshare"] = "util-linux",
        ["xmllint"] = "libxml2-utils",
        ["chronyd"] = "chrony",
        ["mariadb"] = "mariadb-client-core",
        ["sshd"] = "openssh-server",
        ["ssh"] = "openssh-client",
        ["ssh-keygen"] = "openssh-client",
        ["script"] = "bsdutils",
        ["dnsmasq"] = "dnsmasq-base",
        ["dig"] = "bind9-dnsutils",
        ["tnftp"] = "tnftp",
        ["redis-cli"] = "redis-tools",
        ["psql"] = "postgresql-client",
        ["snmpget"] = "snmp",
        ["snmpwalk"] = "snmp",
        ["inetutils-telnet"] = "inetutils-telnet",
        ["ntpdig"] = "ntpsec-ntpdig",
        ["nc"] = "netcat-openbsd",
    };

    /// <summary>The tool's absolute path. Skips the test where it is not installed.</summary>
    internal static string Find(string name)
    {
        var path = Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"{name} is not installed: apt-get install {Packages.GetValueOrDefault(name, name)}");
        return path!;
    }

    /// <summary>
    /// Runs a tool in the caller's network namespace and returns its output by line. Skips the test where the tool is not installed.
    /// </summary>
    internal static string[] Lines(string name, params string[] arguments) =>
        Feed(name, "", arguments).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// Runs a tool in the caller's network namespace on an input and returns its output. Skips the test where the tool is not installed.
    /// </summary>
    internal static string Feed(string name, string input, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(
                Find(name), arguments)
            { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error, exit) = process.Finish(input);
        Assert.True(exit == 0, $"{name} ended with {exit}: {error} {output}");
        return output;
    }

    /// <summary>Starts a tool in the caller's network namespace.</summary>
    internal static Process Start(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(Find(name)) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}

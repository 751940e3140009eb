using Portolan.Linux.Proc;
using Portolan.Model;

namespace Portolan.Cli.Changing.Via;

/// <summary>The program of a firewall manager that has one command to allow a port and keeps what it allows.</summary>
/// <param name="Manager">The manager's name, as rules are recognised by it.</param>
/// <param name="Paths">Where its program may be. Never searched for in PATH.</param>
/// <param name="NeedsRoot">Whether it refuses to run for anybody else.</param>
/// <param name="Listing">What shows its rules.</param>
/// <param name="Removing">What takes one of them away.</param>
internal sealed record ManagerProgram(string Manager, IReadOnlyList<string> Paths, bool NeedsRoot, Advice Listing, Advice Removing)
{
    private static readonly ManagerProgram[] All =
    [
        new("ufw", ["/usr/sbin/ufw", "/usr/bin/ufw", "/sbin/ufw"], NeedsRoot: true, $"ufw status numbered", $"ufw delete NUMBER"),
        new(
            "firewalld", ["/usr/bin/firewall-cmd", "/usr/sbin/firewall-cmd", "/bin/firewall-cmd"], NeedsRoot: false,
            $"firewall-cmd --list-all", $"firewall-cmd --remove-port"),
    ];

    /// <summary>Names of managers that <c>--via</c> cannot use, in lower case, and why not.</summary>
    private static readonly Dictionary<string, string> Others = new(StringComparer.Ordinal)
    {
        ["iptables"] = "iptables rules do not survive a reboot, and each system saves them differently",
        ["nft"] = "nft rules do not survive a reboot unless a file of yours contains them",
        ["docker"] = "Docker publishes container ports and has no command to allow a port",
        ["podman"] = "Podman publishes container ports and has no command to allow a port",
        ["nixos"] = "NixOS generates its rules from the system configuration",
        ["kube-proxy"] = "the cluster decides what kube-proxy accepts",
        ["fail2ban"] = "fail2ban only bans senders",
        ["libvirt"] = "libvirt has no command to allow a port",
    };

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["firewall-cmd"] = "firewalld",
        ["nftables"] = "nft",
        ["ip6tables"] = "iptables",
        ["iptables-services"] = "iptables",
        ["iptables-persistent"] = "iptables",
        ["netfilter-persistent"] = "iptables",
    };

    /// <summary>The names that <c>--via</c> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(static p => p.Manager)];

    /// <summary>Where the program is, or <c>null</c>.</summary>
    public string? Path => Paths.FirstOrDefault(File.Exists);

    /// <summary>Whether this user may not run it.</summary>
    public bool IsForbidden => NeedsRoot && EffectiveUser.Id != 0;

    /// <summary>The program of a manager; <c>null</c> where it has none that allows ports.</summary>
    public static ManagerProgram? Of(string? manager) => Array.Find(All, p => p.Manager == manager);

    /// <summary>Reads a value of <c>--via</c>.</summary>
    /// <param name="word">The value.</param>
    /// <param name="whyNot">Why a manager that is known cannot be used; <c>null</c> where it can.</param>
    /// <exception cref="PortolanException">Nobody is known by that name.</exception>
    public static ManagerProgram? Read(string word, out string? whyNot)
    {
        var name = word.ToLowerInvariant();
        name = Aliases.GetValueOrDefault(name, name);
        whyNot = null;
        if (Of(name) is { } program)
        {
            return program;
        }

        if (Others.TryGetValue(name, out var other))
        {
            whyNot = other;
            return null;
        }

        throw name == "portolan"
            ? new PortolanException(
                "--via takes a firewall manager other than Portolan", $"leave out --via to add a rule of Portolan", ExitCode.Usage)
            : new PortolanException(
                $"--via does not know the firewall manager '{word}'",
                $"use --via ufw or --via firewalld; portolan firewall show lists the managers on this machine", ExitCode.Usage);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Portolan.Firewall.Forwarding;

/// <summary>A setting of the kernel that forwards change while they are at work.</summary>
/// <param name="Name">Below /proc/sys, such as <c>net/ipv4/conf/eth0/forwarding</c>.</param>
/// <param name="Before">What it was, and is to be again: one digit.</param>
/// <param name="During">What it is meanwhile: one digit.</param>
public sealed record HostSetting(string Name, string Before, string During)
{
    private const string Folder4 = "net/ipv4/conf/";
    private const string Folder6 = "net/ipv6/conf/";
    private const string Router = "router";
    private const string NoRouter = "host";

    /// <summary>The number of the interface that it is about, which stays when the interface gets another name; 0 for all.</summary>
    public int Interface { get; init; }

    /// <summary>Whether the host forwarded between all other interfaces already when it was changed.</summary>
    public bool WasRouter { get; init; }

    /// <summary>The folder of the interface's IPv4 or IPv6 settings.</summary>
    internal static string Folder(bool isIPv4) => isIPv4 ? Folder4 : Folder6;

    /// <summary>Whether it is one of IPv4.</summary>
    internal bool IsIPv4 => Name.StartsWith(Folder4, StringComparison.Ordinal);

    /// <summary>Its last word, such as <c>forwarding</c>.</summary>
    internal string Leaf => Name[(Name.LastIndexOf('/') + 1)..];

    /// <summary>Whether it turns forwarding on, of an interface or of all.</summary>
    internal bool Opens => During == "1" && Before != During && Leaf is "forwarding" or "force_forwarding";

    /// <summary>What distinguishes it from others, whatever the interface is called by now.</summary>
    internal (string Name, int Interface) Key => Interface == 0 ? (Name, 0) : (Folder(IsIPv4) + Leaf, Interface);

    /// <summary>As sysctl writes it, with slashes where an interface's name has dots.</summary>
    public string SysctlName => Name.Contains('.', StringComparison.Ordinal) ? Name : Name.Replace('/', '.');

    /// <summary>The same with the name that the interface has now; <c>null</c> when it has gone.</summary>
    internal HostSetting? Now(InterfaceNumbers interfaces) =>
        Interface == 0 ? this : interfaces.NameOf(Interface) is { } name ? this with { Name = $"{Folder(IsIPv4)}{name}/{Leaf}" } : null;

    /// <summary>One line for the kernel to keep.</summary>
    internal string ToNote() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name} {Before} {During} {Interface} {(WasRouter ? Router : NoRouter)}");

    /// <summary>Reads such a line.</summary>
    internal static bool TryParse(string note, [NotNullWhen(true)] out HostSetting? setting)
    {
        setting = note.Split(' ') is [var name, ['0' or '1' or '2'] before, ['0' or '1' or '2'] during, var number, Router or NoRouter]
            && IsOfForwards(name)
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? new HostSetting(name, before, during) { Interface = index, WasRouter = note.EndsWith(Router, StringComparison.Ordinal) }
                : null;
        return setting is not null;
    }

    // A process that may write the note may write the setting; but nothing is ever written that forwards do not change.
    private static bool IsOfForwards(string name) => name.Split('/') switch
    {
        ["net", "ipv4", "conf", not ("" or "." or ".."), "forwarding"] => true,
        ["net", "ipv6", "conf", not ("" or "." or ".."), "forwarding" or "force_forwarding" or "accept_ra"] => true,
        _ => name == ForwardSettings.LoopbackRouting,
    };
}

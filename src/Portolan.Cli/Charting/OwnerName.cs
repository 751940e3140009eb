using System.Globalization;
using System.Text;
using Portolan.Cli.Output;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Charting;

/// <summary>An owner in one cell, safe for a terminal.</summary>
/// <param name="userName">The name of a user id, or <c>null</c> for numbers.</param>
/// <param name="home">The home directory that <c>~</c> stands for, or <c>null</c>.</param>
internal sealed class OwnerName(Func<uint, string?> userName, string? home = null)
{
    /// <summary>
    /// <c>ssh.socket → ssh.service 812</c>, <c>container db 912</c>, <c>nginx 10 root ×4</c>, <c>node 4112 deploy ~/app</c>,
    /// <c>kernel</c>, <c>(hidden) postgres</c>, <c>(no process)</c>.
    /// </summary>
    /// <param name="owner">The owner.</param>
    /// <param name="detail">How much to say.</param>
    public string Of(PortOwner owner, OwnerDetail detail = OwnerDetail.Full)
    {
        var (name, pid, more) = Parts(owner, detail);
        var arrow = owner.ActivatedBy is { } activator && owner.Kind != OwnerKind.SocketActivation ? $"{activator} → " : "";
        return TerminalText.Escape($"{arrow}{name}{pid}{more}");
    }

    /// <summary>What leads to the pid, the pid, and what reports more.</summary>
    private (string Name, string Pid, string More) Parts(PortOwner owner, OwnerDetail detail) => owner.Kind switch
    {
        OwnerKind.Unit => (UnitName.Display(owner.Name), Pid(owner), $"{Count(owner)}{owner.ClaimMark}"),
        OwnerKind.Container when owner is { IsPublished: true, Main: { } proxy } =>
            ($"container {owner.Name} ({proxy.Name}", Pid(owner), $"){Count(owner)}{owner.ClaimMark}"),
        OwnerKind.Container => ($"container {owner.Name}", Pid(owner), $"{Count(owner)}{owner.ClaimMark}"),
        OwnerKind.SocketActivation => (owner.Name == "systemd" ? "systemd, for a service" : $"{owner.Name} (systemd)", "", ""),
        OwnerKind.Kernel => ("kernel", "", ""),
        OwnerKind.Hidden => ($"(hidden){User(owner.UserId, OwnerDetail.Full)}", "", ""),
        OwnerKind.None => ("(no process)", "", ""),
        OwnerKind.Forwarded when owner.Main is { } forwarder => ($"→ {owner.Name} by {forwarder.Name}", Pid(owner), ""),
        OwnerKind.Forwarded =>
            ($"→ {owner.Name}{(owner.Container is { } container ? $" (container {container.Name ?? container.Id[..Math.Min(12, container.Id.Length)]})" : "")}", "", ""),
        _ when owner is { Name: "", Main: { } nameless } =>
            (nameless.ShownName, "", $"{User(owner.UserId, detail)}{Count(owner)}{Place(owner, detail)}"),
        _ => (owner.Name, Pid(owner), $"{User(owner.UserId, detail)}{Count(owner)}{Place(owner, detail)}"),
    };

    /// <summary>What fits with <c>…</c> behind it; all of it where not even two columns are left.</summary>
    public static string Cut(string name, int columns)
    {
        var utf8 = Encoding.UTF8.GetBytes(name);
        return columns < 2 || DisplayWidth.Of(utf8) <= columns
            ? name
            : $"{Encoding.UTF8.GetString(utf8, 0, DisplayWidth.BytesThatFit(utf8, columns - 1))}…";
    }

    /// <summary>The user's name, or its number.</summary>
    public string UserName(uint id) => userName(id) ?? id.ToString(CultureInfo.InvariantCulture);

    private static string Pid(PortOwner owner) => owner.Main is { } main ? $" {main.Pid}" : "";

    private static string Count(PortOwner owner) => owner.Processes.Count > 1 ? $" ×{owner.Processes.Count}" : "";

    private string User(uint? id, OwnerDetail detail) =>
        id is { } number && detail < OwnerDetail.NameAndPid ? $" {UserName(number)}" : "";

    /// <summary>The working directory distinguishes one node from another; the root says nothing.</summary>
    private string Place(PortOwner owner, OwnerDetail detail)
    {
        if (detail != OwnerDetail.Full || owner.Main?.WorkingDirectory is not { Length: > 1 } path)
        {
            return "";
        }

        return home is { Length: > 1 } && (path == home || path.StartsWith(home + "/", StringComparison.Ordinal))
            ? $" ~{path[home.Length..]}"
            : $" {path}";
    }
}

/// <summary>
/// How much a cell says of an owner. What finds it again is there in each: its name, its pid, and whether the name is a claim.
/// </summary>
internal enum OwnerDetail
{
    /// <summary>With its user and its working directory.</summary>
    Full,

    /// <summary>With its user.</summary>
    NoDirectory,

    /// <summary>Name, pid and the number of processes.</summary>
    NameAndPid,
}

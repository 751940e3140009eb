using System.Globalization;
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
    public string Of(PortOwner owner)
    {
        var text = owner.Kind switch
        {
            OwnerKind.Unit => $"{UnitName.Display(owner.Name)}{Pid(owner)}",
            OwnerKind.Container => $"container {owner.Name}{(owner is { IsPublished: true, Main: { } proxy } ? $" ({proxy.Name}{Pid(owner)})" : Pid(owner))}",
            OwnerKind.SocketActivation => owner.Name == "systemd" ? "systemd, for a service" : $"{owner.Name} (systemd)",
            OwnerKind.Kernel => "kernel",
            OwnerKind.Hidden => $"(hidden){User(owner.UserId)}",
            OwnerKind.None => "(no process)",
            _ => $"{owner.Name}{Pid(owner)}{User(owner.UserId)}{Count(owner)}{Place(owner)}",
        };
        var arrow = owner.ActivatedBy is { } activator && owner.Kind != OwnerKind.SocketActivation ? $"{activator} → " : "";
        return TerminalText.Escape($"{arrow}{text}{(owner.Kind is OwnerKind.Unit or OwnerKind.Container ? Count(owner) : "")}");
    }

    /// <summary>The user's name, or its number.</summary>
    public string UserName(uint id) => userName(id) ?? id.ToString(CultureInfo.InvariantCulture);

    private static string Pid(PortOwner owner) => owner.Main is { } main ? $" {main.Pid}" : "";

    private static string Count(PortOwner owner) => owner.Processes.Count > 1 ? $" ×{owner.Processes.Count}" : "";

    private string User(uint? id) => id is { } number ? $" {UserName(number)}" : "";

    /// <summary>The working directory tells one node from another; the root tells nothing.</summary>
    private string Place(PortOwner owner)
    {
        if (owner.Main?.WorkingDirectory is not { Length: > 1 } path)
        {
            return "";
        }

        return home is { Length: > 1 } && (path == home || path.StartsWith(home + "/", StringComparison.Ordinal)) ? $" ~{path[home.Length..]}" : $" {path}";
    }
}

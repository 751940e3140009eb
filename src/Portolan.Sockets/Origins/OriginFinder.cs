using Portolan.Linux;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Origins;

/// <summary>
/// Finds why a holder of a port runs, from what is there to be read: its ancestors, unit files, crontabs, its command line and
/// environment, git's files. No program is run. What may not be read is left out, never guessed.
/// </summary>
public sealed class OriginFinder
{
    private readonly Func<int, IReadOnlyList<string>?> _environment;
    private readonly Func<uint, string?> _userName;
    private readonly Func<ContainerInfo, ContainerOrigin?> _containers;
    private readonly UnitFiles _system;
    private readonly UnitFiles _user;
    private readonly Crontabs _crontabs;

    /// <summary>Looks at this machine.</summary>
    /// <param name="environment">The environment of a process, a line for each variable; <c>null</c> where it is hidden.</param>
    /// <param name="userName">The name of a user id, or <c>null</c>.</param>
    /// <param name="containers">What an engine says of a container; <c>null</c> where it does not.</param>
    public OriginFinder(
        Func<int, IReadOnlyList<string>?> environment, Func<uint, string?> userName, Func<ContainerInfo, ContainerOrigin?> containers)
        : this(environment, userName, containers, UnitFiles.SystemPaths, UnitFiles.UserPaths, Crontabs.OfThisMachine)
    {
    }

    internal OriginFinder(
        Func<int, IReadOnlyList<string>?> environment, Func<uint, string?> userName, Func<ContainerInfo, ContainerOrigin?> containers,
        IReadOnlyList<string> systemUnits, IReadOnlyList<string> userUnits, Crontabs crontabs)
    {
        (_environment, _userName, _containers, _crontabs) = (environment, userName, containers, crontabs);
        (_system, _user) = (new UnitFiles(systemUnits), new UnitFiles(userUnits));
    }

    /// <summary>Why a holder runs.</summary>
    /// <param name="holder">The holder.</param>
    /// <param name="running">What runs there, or <c>null</c>.</param>
    public Origin Of(PortHolder holder, RunningService? running)
    {
        var owner = holder.Owner;
        var units = owner.IsUserUnit ? _user : _system;
        var (by, again) = Start(holder, units);
        return new Origin
        {
            StartedBy = by,
            StartsAgain = again,
            PortFrom = holder.Kind is HoldKind.Listening or HoldKind.Bound
                ? PortChoice.Find(owner, holder.Port, _environment, units, RootOf) : null,
            WorkingCopy = owner.Main is { Container: null, ContainerPath: null } main && owner.Kind != OwnerKind.SocketActivation
                ? WorkingCopies.Of(main.WorkingDirectory) : null,
            Warnings = OriginWarnings.Of(owner, holder.Port, holder.Binds, running, RealPath.PermissionsOf),
        };
    }

    /// <summary>The kernel leads a path behind this link through the mounts of the process (proc_pid_root(5)).</summary>
    private static string? RootOf(int pid)
    {
        var root = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{pid}/root");
        return Directory.Exists($"{root}/") ? root : null;
    }

    private (OriginFact? By, OriginFact? Again) Start(PortHolder holder, UnitFiles units)
    {
        var owner = holder.Owner;
        switch (owner.Kind)
        {
            case OwnerKind.Kernel or OwnerKind.Hidden or OwnerKind.None or OwnerKind.Forwarded:
                return (null, null);
            case OwnerKind.Container when owner.Container is { } container:
                return OfContainer(container);
            case OwnerKind.SocketActivation:
                var service = owner.StartsForEach ?? ServiceOf(owner.Name, units);
                return (units.Find(owner.Name) is { } file
                    ? new OriginFact("socket", $"systemd listens for {service}, which the first connection starts", file) : null, null);
        }

        // cron, a supervisor and sshd are units themselves: what they started is theirs by its group alone.
        var (by, again) = StartChain.Of(holder.Ancestry, _crontabs.Find, _userName);
        var unit = owner.Main?.Unit;
        return by is { Code: "cron" or "at" or "supervisor" } || !UnitNames.NamesService(unit)
            ? (by, again)
            : UnitOrigin.Of(unit!, owner.ActivatedBy, units);
    }

    private static string ServiceOf(string socket, UnitFiles units) =>
        units.Setting(socket, "Service") ?? $"{socket[..Math.Max(0, socket.LastIndexOf('.'))]}.service";

    private (OriginFact? By, OriginFact? Again) OfContainer(ContainerInfo container)
    {
        var name = container.Name ?? container.Id[..Math.Min(12, container.Id.Length)];
        var image = container.Image is null ? "" : $", image {container.Image}";
        if (_containers(container) is not { } known)
        {
            return (new OriginFact("container", $"{container.Runtime} runs container {name}{image}", "control group"), null);
        }

        var compose = known.Project is null ? ""
            : $", service {known.Service ?? "?"} of compose project {known.Project}{(known.File is null ? "" : $" ({known.File})")}";
        var again = known.RestartPolicy switch
        {
            null => null,
            "" or "no" => new OriginFact("none", "none is known: its restart policy is no", container.Runtime),
            "always" => new OriginFact("restart", $"{container.Runtime}, at once and at boot (restart policy always)", container.Runtime),
            "unless-stopped" => new OriginFact(
                "restart", $"{container.Runtime}, at once unless it is stopped (restart policy unless-stopped)", container.Runtime),
            var policy => new OriginFact("restart", $"{container.Runtime}, when the container fails (restart policy "
                + $"{policy})", container.Runtime),
        };
        return (new OriginFact("container", $"{container.Runtime} runs container {name}{image}{compose}", container.Runtime), again);
    }
}

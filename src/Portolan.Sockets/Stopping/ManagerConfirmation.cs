using System.Globalization;
using System.Text.Json;
using Portolan.Linux;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>Asks the managers themselves whether a holder is theirs, because a process may choose the name of its control group. No answer is no.</summary>
/// <param name="processes">Where processes are read again.</param>
/// <param name="runtimes">The runtimes' sockets, from <see cref="RuntimeContainers.UsualSockets"/>.</param>
/// <param name="clock">Bounds how long a runtime may take.</param>
public sealed class ManagerConfirmation(ProcessReader processes, IReadOnlyList<(string Runtime, string SocketPath)> runtimes, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(int Pid, ulong StartTicks, string Unit), bool> _units = [];

    /// <summary>
    /// Whether systemd has a unit of that name whose ControlGroup is the group that the process was seen in, and whose MainPID, where it
    /// has one, is in it too; and whether the very process is still there.
    /// </summary>
    public bool IsOfUnit(ProcessInfo process, string unit)
    {
        var key = (process.Pid, process.StartTicks, unit);
        return _units.TryGetValue(key, out var known) ? known : _units[key] = AskSystemd(process, unit);
    }

    /// <summary>Whether the runtime knows the container, and its first process (State.Pid) is in the group that the holder was seen in.</summary>
    public bool IsOfContainer(PortOwner owner)
    {
        if (owner is not { Container: { Runtime: "docker" or "podman", Name: not null } container, Main: { } main })
        {
            return false;
        }

        if (owner.IsPublished)
        {
            return container.Grade == NameGrade.Confirmed;
        }

        return main.ContainerPath is { } path && FirstProcess(container) is { } pid && processes.Read(pid, ProcessFields.Cgroup)?.ContainerPath == path
            && processes.Read(main.Pid, ProcessFields.Cgroup) is { } again && again.StartTicks == main.StartTicks && again.ContainerPath == path;
    }

    /// <summary>What <c>systemctl show</c> prints, judged: the unit's name and group as they must be, and the main process or 0.</summary>
    internal static bool TryJudge(string shown, string unit, string group, out int mainPid)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in shown.Split('\n'))
        {
            if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
            {
                values[line[..at]] = line[(at + 1)..];
            }
        }

        _ = int.TryParse(values.GetValueOrDefault("MainPID"), NumberStyles.None, CultureInfo.InvariantCulture, out mainPid);
        return values.GetValueOrDefault("Id") == unit && values.GetValueOrDefault("LoadState") == "loaded" && values.GetValueOrDefault("ControlGroup") == group;
    }

    /// <summary>State.Pid of a runtime's answer (Docker Engine API, GET /containers/{id}/json; Podman answers the same), or <c>null</c>.</summary>
    internal static int? ReadFirstProcess(ReadOnlySpan<byte> json, string id)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("Id", out var known) && known.ValueKind == JsonValueKind.String && known.GetString() == id
                && root.TryGetProperty("State", out var state) && state.ValueKind == JsonValueKind.Object
                && state.TryGetProperty("Pid", out var pid) && pid.ValueKind == JsonValueKind.Number && pid.TryGetInt32(out var number) && number > 0
                ? number
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private bool AskSystemd(ProcessInfo process, string unit)
    {
        if (process is not { UnitGrade: not NameGrade.Claimed, UnitPath: { } group } || !UnitName.IsValid(unit) || KernelStopActions.Systemctl is not { } systemctl)
        {
            return false;
        }

        string[] words = ["--no-ask-password", "--no-pager", "show", "--property=Id", "--property=LoadState", "--property=ControlGroup", "--property=MainPID", "--", unit];
        try
        {
            var answer = ProgramRunner.Run(systemctl, words, Patience, CancellationToken.None);
            return answer.ExitCode == 0 && TryJudge(answer.Output, unit, group, out var main)
                && (main == 0 || processes.Read(main, ProcessFields.Cgroup)?.UnitPath == group)
                && processes.Read(process.Pid, ProcessFields.Cgroup) is { } again && again.StartTicks == process.StartTicks && again.UnitPath == group;
        }
        catch (PortolanException)
        {
            // Too slow, or it cannot be run.
            return false;
        }
    }

    private int? FirstProcess(ContainerInfo container)
    {
        foreach (var (runtime, path) in runtimes)
        {
            if (runtime == container.Runtime && File.Exists(path)
                && UnixHttp.Get(path, $"/containers/{Uri.EscapeDataString(container.Id)}/json", Patience, clock) is { } body && ReadFirstProcess(body, container.Id) is { } pid)
            {
                return pid;
            }
        }

        return null;
    }
}

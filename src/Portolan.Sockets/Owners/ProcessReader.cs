using Portolan.Linux;
using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>Reads processes from /proc, or from a recording of it. Thread-safe once made.</summary>
/// <remarks>
/// All files of one process are read through one open directory, so a pid that is used again meanwhile cannot mix two processes.
/// </remarks>
public sealed class ProcessReader : IDisposable
{
    /// <summary>More of a command line than this is left out.</summary>
    private const int LongestCommandLine = 64 * 1024;

    /// <summary>More of an environment than this is not read, and counts as not known.</summary>
    private const int LongestEnvironment = 4 * 1024 * 1024;

    private readonly ProcHandle _root;
    private readonly Lazy<DateTimeOffset?> _bootTime;
    private readonly Func<string, bool, bool> _isNamedByRoot;
    private readonly bool _isRecording;
    private readonly bool _isOwned;
    private readonly ProgramFiles _programs = new();

    /// <summary>Reads beneath <paramref name="procRoot"/>; where there is no such directory, no process is seen.</summary>
    /// <exception cref="LinuxException">The directory cannot be opened.</exception>
    public ProcessReader(string procRoot = "/proc")
        : this(ProcHandle.OpenOrEmpty(procRoot), procRoot != "/proc") => _isOwned = true;

    /// <summary>Reads beneath /proc, which the caller keeps open: for those who make one reader after another.</summary>
    public ProcessReader(ProcHandle proc)
        : this(proc, isRecording: false)
    {
    }

    private ProcessReader(ProcHandle root, bool isRecording)
    {
        _root = root;
        _bootTime = new Lazy<DateTimeOffset?>(ReadBootTime);

        // A recording has no groups to look at, and no program files.
        _isRecording = isRecording;
        var roots = !isRecording ? new Lazy<CgroupRoots>(CgroupRoots.OfThisMachine) : null;
        _isNamedByRoot = (path, isUnified) => roots is null || roots.Value.IsNamedByRoot(path, isUnified);
    }

    /// <summary>When the machine started, or <c>null</c> when /proc/stat does not say.</summary>
    public DateTimeOffset? BootTime => _bootTime.Value;

    /// <summary>The directory read from, for the finders of this layer.</summary>
    internal ProcHandle Root => _root;

    /// <summary>Reads a process; <c>null</c> when there is none (any more).</summary>
    public ProcessInfo? Read(int pid, ProcessFields fields)
    {
        using var process = _root.OpenProcess(pid);
        if (process is null || ReadStat(process) is not { } stat)
        {
            return null;
        }

        var needsName = !stat.IsKernelThread && (ProcessName.MayBeCut(stat.Command) || ProcessName.IsBlank(stat.Command));
        var arguments = needsName || fields.HasFlag(ProcessFields.CommandLine) ? ReadArguments(process) : null;
        var hasPath = fields.HasFlag(ProcessFields.Paths)
            || (fields.HasFlag(ProcessFields.CommandLine)
                && (EngineProgram.OfName(stat.Command)
                    ?? (arguments is { Count: > 0 } ? EngineProgram.OfFile(arguments[0]) : null)) is not null);
        var executable = needsName || hasPath ? process.ReadLink("exe"u8) : null;
        var placement = fields.HasFlag(ProcessFields.Cgroup) ? ReadPlacement(process) : default;
        var grade = fields.HasFlag(ProcessFields.Paths) && executable is not null
            ? GradeOf(process, executable, placement.Container)
            : NameGrade.Claimed;
        return new ProcessInfo(pid, stat.StartTicks)
        {
            ParentPid = stat.ParentPid,
            TerminalDevice = stat.TerminalDevice,
            SessionId = stat.SessionId,
            Name = needsName ? ProcessName.Complete(stat.Command, arguments, executable) : stat.Command,
            CommandLine = fields.HasFlag(ProcessFields.CommandLine) ? arguments : null,
            UserId = fields.HasFlag(ProcessFields.User) ? ReadUser(process) : null,
            StartedAt = fields.HasFlag(ProcessFields.StartedAt) ? StartedAt(stat.StartTicks) : null,
            Unit = placement.Unit,
            UnitPath = placement.UnitPath,
            IsUserUnit = placement.IsUserUnit,
            UnitGrade = placement.Unit is null ? NameGrade.Proved : placement.UnitGrade,
            ContainerPath = placement.ContainerPath,
            Container = placement.Container,
            ExecutablePath = hasPath ? executable : null,
            StartedAs = !_isRecording && grade == NameGrade.Proved ? ProgramLinks.Of(executable!, stat.Command) : null,
            ProgramGrade = grade,
            WorkingDirectory = fields.HasFlag(ProcessFields.Paths) ? process.ReadLink("cwd"u8) : null,
        };
    }

    /// <summary>The process and its ancestors, the process first and process 1 last as far as they can be seen.</summary>
    public IReadOnlyList<ProcessInfo> ReadAncestry(int pid, ProcessFields fields)
    {
        var chain = new List<ProcessInfo>();
        var child = ulong.MaxValue;
        for (var next = pid; next > 0 && chain.Count < 128; next = chain[^1].ParentPid)
        {
            // A parent is never younger than its child: then its pid was taken over meanwhile.
            if (Read(next, fields) is not { } info || info.StartTicks > child)
            {
                break;
            }

            chain.Add(info);
            child = info.StartTicks;
        }

        return chain;
    }

    /// <summary>Whether a process holds one of these sockets now.</summary>
    public bool Holds(int pid, ReadOnlySpan<uint> inodes) => ProcSocketScanner.Holds(_root, new InodeSet(inodes), pid);

    /// <summary>Which of these sockets a process holds now, each once; <c>null</c> when it does not let itself be looked into.</summary>
    public IReadOnlyList<uint>? HeldBy(int pid, ReadOnlySpan<uint> inodes)
    {
        var held = ProcSocketScanner.HeldBy(_root, new InodeSet(inodes), pid);
        return held is { Count: 0, HiddenProcesses: > 0 } ? null : [.. held.ToSorted().Inodes.Distinct()];
    }

    /// <summary>
    /// Whether a process was started with one of these variables in its environment; <c>null</c> when that cannot be read.
    /// </summary>
    public bool? HasAnyVariable(int pid, IReadOnlyList<string> names)
    {
        using var process = _root.OpenProcess(pid);
        return process?.ReadAll("environ"u8, LongestEnvironment) is { } text
            ? ProcText.ParseArguments(text).Any(line => names.Any(name => line.StartsWith(name + "=", StringComparison.Ordinal)))
            : null;
    }

    /// <summary>
    /// The environment that a process was started with, as <c>NAME=VALUE</c>; <c>null</c> when that cannot be read. Hostile text, and there
    /// may be secrets in it.
    /// </summary>
    public IReadOnlyList<string>? Environment(int pid)
    {
        using var process = _root.OpenProcess(pid);
        return process?.ReadAll("environ"u8, LongestEnvironment) is { } text ? ProcText.ParseArguments(text) : null;
    }

    /// <summary>The time of day of a start time in clock ticks since boot.</summary>
    public DateTimeOffset? StartedAt(ulong startTicks)
        => BootTime is { } boot && startTicks < long.MaxValue / (ulong)TimeSpan.TicksPerSecond
            ? boot + TimeSpan.FromTicks((long)startTicks * (TimeSpan.TicksPerSecond / ProcStat.TicksPerSecond))
            : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOwned)
        {
            _root.Dispose();
        }
    }

    private static ProcStat? ReadStat(ProcHandle process)
    {
        Span<byte> text = stackalloc byte[1024];
        var count = process.Read("stat"u8, text);
        return count > 0 && ProcStat.TryParse(text[..count], out var stat) ? stat : null;
    }

    private static IReadOnlyList<string>? ReadArguments(ProcHandle process)
        => process.ReadAll("cmdline"u8, LongestCommandLine) is { } text ? ProcText.ParseArguments(text) : null;

    private static uint? ReadUser(ProcHandle process)
    {
        // The line Uid stands within the first kilobyte.
        Span<byte> text = stackalloc byte[1024];
        var count = process.Read("status"u8, text);
        return count > 0 && ProcStatus.TryParseEffectiveUser(text[..count], out var user) ? user : null;
    }

    private CgroupPlacement ReadPlacement(ProcHandle process)
        => process.ReadAll("cgroup"u8, 16 * 1024) is { } text ? CgroupPlacement.Parse(text, _isNamedByRoot) : default;

    // What lies below /usr is root's on every system.
    private NameGrade GradeOf(ProcHandle process, string executable, ContainerInfo? container) => _isRecording
        ? executable.StartsWith("/usr/", StringComparison.Ordinal) ? NameGrade.Proved : NameGrade.Claimed
        : _programs.Of(process, executable) switch
        {
            ProgramFileRoot.Name => NameGrade.Proved,
            ProgramFileRoot.File when container is { Grade: not NameGrade.Claimed } => NameGrade.Confirmed,
            _ => NameGrade.Claimed,
        };

    private DateTimeOffset? ReadBootTime()
        => _root.ReadAll("stat"u8, 4 * 1024 * 1024) is { } text && ProcText.TryParseBootTime(text, out var seconds)
            && seconds is >= 0 and < 100_000_000_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}

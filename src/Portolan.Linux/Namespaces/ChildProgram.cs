using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Namespaces;

/// <summary>What a child does between clone and execve, laid out in native memory before it exists.</summary>
/// <remarks>One thread. Disposed when the child has executed the program or has ended.</remarks>
internal sealed unsafe class ChildProgram : IDisposable
{
    /// <summary>Of the report that the child waits for its maps.</summary>
    internal const int Ready = -1;

    private const int SignalActionSize = 64;
    private const int SignalCount = 64;

    private readonly SystemCallNumbers _numbers;
    private readonly ChildWork* _work;
    private readonly NamespaceProcessOptions _options;
    private readonly List<nint> _memory = [];
    private readonly List<SystemCall> _calls = [];
    private readonly List<string> _operations = [];

    /// <summary>Lays it out.</summary>
    /// <param name="numbers">The system calls of this machine.</param>
    /// <param name="options">What is to be started.</param>
    /// <param name="descriptors">Descriptors that become 0, 1, 2 and so on; all of them above those numbers.</param>
    /// <param name="report">Where the child writes two numbers: <see cref="Ready"/> and 0, or the failed call and the error number.</param>
    /// <param name="go">Where it waits for one byte.</param>
    /// <param name="goWriter">The other end of that, which it closes, so that it sees the end when the parent has gone.</param>
    /// <param name="entered">Descriptors of namespaces that it enters, above the numbers of the others.</param>
    internal ChildProgram(
        SystemCallNumbers numbers, NamespaceProcessOptions options, IReadOnlyList<int> descriptors, int report, int go, int goWriter,
        IReadOnlyList<int> entered)
    {
        _numbers = numbers;
        _options = options;
        _work = Share();
        var number = (int*)Allocate(2 * sizeof(int));
        number[0] = Ready;

        // The signal comes when the thread that made the child ends; that one waits for the child.
        Add("tie the process to this one", numbers.ProcessControl, Libc.PR_SET_PDEATHSIG, Libc.SIGKILL);

        // A program with capabilities of its own is not dumpable, and the files of its children in /proc would belong to root.
        Add("make the process visible", numbers.ProcessControl, Libc.PR_SET_DUMPABLE, 1);
        // Nor does it hand on what this process was given for itself. Before Linux 4.3 there was no such set.
        Add("drop capabilities", numbers.ProcessControl, Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_CLEAR_ALL, least: nint.MinValue);
        Add("close a pipe", numbers.Close, goWriter);
        Add("report from the process", numbers.Write, report, (nint)number, 2 * sizeof(int), least: 1);
        Add("wait for the maps of users", numbers.Read, go, Allocate(1), 1, least: 1);

        foreach (var handle in entered)
        {
            Add("enter a namespace", numbers.EnterNamespace, handle);
        }

        if (entered.Count > 0)
        {
            // New credentials, as those in a namespace of users are, undo both.
            Add("tie the process to this one", numbers.ProcessControl, Libc.PR_SET_PDEATHSIG, Libc.SIGKILL);
            Add("make the process visible", numbers.ProcessControl, Libc.PR_SET_DUMPABLE, 1);
        }

        if (!options.InheritsStreams)
        {
            // Ctrl-C is for the parent to handle.
            Add("start a session", numbers.SetSession, least: nint.MinValue);
        }

        // Kernels before 5.11 do not know this; there what the parent itself inherited stays open.
        Add("close descriptors", SystemCallNumbers.CloseRange, 3, int.MaxValue, Libc.CLOSE_RANGE_CLOEXEC, least: nint.MinValue);
        for (var target = 0; target < descriptors.Count; target++)
        {
            Add("pass descriptors", numbers.Duplicate, descriptors[target], target);
        }

        if (options.WorkingDirectory is { } directory)
        {
            // Other mounts may have no such folder, or hide it.
            Add($"enter {directory}", numbers.ChangeDirectory, Text(directory), least: entered.Count > 0 ? nint.MinValue : 0);
        }

        // execve resets signals that are handled, not those that are ignored; .NET ignores SIGPIPE. What the person had ignored, as nohup
        // does, stays so. Handled ones are reset before it as well: the runtime's handler would take what waits for the program, and tell
        // the parent.
        var action = Allocate(SignalActionSize);
        foreach (var signal in (int[])[.. options.InheritsStreams ? [] : Signals("SigIgn:"), .. Signals("SigCgt:"), Libc.SIGPIPE])
        {
            Add("reset signals", numbers.SetSignalAction, signal, action, 0, Libc.SignalMaskSize, least: nint.MinValue);
        }

        if (options.FeignsUserChanges)
        {
            // Kernels without such filters do without.
            Add(
                "feign changes of users", numbers.ProcessControl, Libc.PR_SET_SECCOMP, Libc.SECCOMP_MODE_FILTER,
                Filter(UserChanges.Filter(numbers)), least: nint.MinValue);
        }

        Add("unblock signals", numbers.SetSignalMask, Libc.SIG_SETMASK, Allocate(Libc.SignalMaskSize), 0, Libc.SignalMaskSize);
        Add(
            $"run {options.Program}",
            numbers.Execute,
            Text(options.Program),
            Texts([options.Program, .. options.Arguments]),
            Texts([.. options.Environment.Select(static pair => $"{pair.Key}={pair.Value}")]),
            least: 1);
        _work->First = Copy([new SystemCall { Number = numbers.Clone, Argument0 = Flags(options.Namespaces) | Libc.SIGCHLD }]);
        _work->Calls = Copy(_calls);
        _work->Failures = Copy(
        [
            new SystemCall
            {
                Number = numbers.Write,
                Argument0 = report,
                Argument1 = (nint)(&_work->Index),
                Argument2 = 2 * sizeof(int),
                Least = nint.MinValue,
            },
            new SystemCall { Number = numbers.Exit, Argument0 = 127, Least = nint.MaxValue },
        ]);
    }

    /// <summary>Makes the child.</summary>
    /// <returns>Its process id, or the error number negated.</returns>
    /// <exception cref="NamespaceProcessException">No memory may be executed here.</exception>
    internal int Start()
    {
        // A namespace of users needs no capability, and whoever is in it has those of its own. Without one, what is raised ends with
        // execve(2) in the child.
        using var raised = _options.Namespaces.HasFlag(NamespaceKinds.User) ? default : RaisedCapabilities.For(Capability.SysAdmin);
        return _options.EntersProcesses is { } processes
            ? ForeignChildStart.Run(_numbers, _work, processes)
            : ChildStart.Run(_numbers, _work);
    }

    /// <summary>What the child does now.</summary>
    internal string CurrentOperation => Operation(Volatile.Read(ref _work->Index));

    /// <summary>What a call of the child does, such as <c>run /usr/sbin/nft</c>.</summary>
    internal string Operation(int index) => index >= 0 && index < _operations.Count ? _operations[index] : $"start {_options.Program}";

    public void Dispose()
    {
        _ = Libc.munmap(_work, (nuint)sizeof(ChildWork));
        foreach (var block in _memory)
        {
            NativeMemory.Free((void*)block);
        }

        _memory.Clear();
    }

    private static nint Flags(NamespaceKinds kinds) =>
        (kinds.HasFlag(NamespaceKinds.User) ? Libc.CLONE_NEWUSER : 0)
        | (kinds.HasFlag(NamespaceKinds.Network) ? Libc.CLONE_NEWNET : 0)
        | (kinds.HasFlag(NamespaceKinds.Mount) ? Libc.CLONE_NEWNS : 0)
        | (kinds.HasFlag(NamespaceKinds.Process) ? Libc.CLONE_NEWPID : 0);

    /// <summary>
    /// The signals of this process that a line of its status names (proc(5)): those that it ignores, or has handlers for.
    /// </summary>
    private static IEnumerable<int> Signals(string key)
    {
        ulong bits = 0;
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(key, StringComparison.Ordinal)
                && ulong.TryParse(line.AsSpan(key.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bits))
            {
                break;
            }
        }

        for (var signal = 1; signal <= SignalCount; signal++)
        {
            if (((bits >> (signal - 1)) & 1) != 0)
            {
                yield return signal;
            }
        }
    }

    private void Add(
        string operation, nint number, nint argument0 = 0, nint argument1 = 0, nint argument2 = 0, nint argument3 = 0, nint least = 0)
    {
        _operations.Add(operation);
        _calls.Add(new SystemCall
        {
            Number = number,
            Argument0 = argument0,
            Argument1 = argument1,
            Argument2 = argument2,
            Argument3 = argument3,
            Least = least,
        });
    }

    private static ChildWork* Share()
    {
        var memory =
            Libc.mmap(null, (nuint)sizeof(ChildWork), Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | Libc.MAP_ANONYMOUS, -1, 0);
        return (nint)memory != -1
            ? (ChildWork*)memory
            : throw new LinuxException(Marshal.GetLastPInvokeError(), "share memory with a process");
    }

    private nint Allocate(int bytes)
    {
        var block = (nint)NativeMemory.AllocZeroed((nuint)bytes);
        _memory.Add(block);
        return block;
    }

    private SystemCall* Copy(List<SystemCall> calls)
    {
        var copy = (SystemCall*)Allocate(calls.Count * sizeof(SystemCall));
        CollectionsMarshal.AsSpan(calls).CopyTo(new Span<SystemCall>(copy, calls.Count));
        return copy;
    }

    /// <summary>struct sock_fprog: how many instructions, and where they are.</summary>
    private nint Filter(ulong[] instructions)
    {
        var code = Allocate(instructions.Length * sizeof(ulong));
        instructions.CopyTo(new Span<ulong>((void*)code, instructions.Length));
        var program = (nint*)Allocate(2 * sizeof(nint));
        *(ushort*)program = (ushort)instructions.Length;
        program[1] = code;
        return (nint)program;
    }

    private nint Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var copy = Allocate(bytes.Length + 1);
        bytes.CopyTo(new Span<byte>((void*)copy, bytes.Length));
        return copy;
    }

    /// <summary>Pointers to texts, the last of them null.</summary>
    private nint Texts(IReadOnlyList<string> texts)
    {
        var pointers = (nint*)Allocate((texts.Count + 1) * sizeof(nint));
        for (var index = 0; index < texts.Count; index++)
        {
            pointers[index] = Text(texts[index]);
        }

        return (nint)pointers;
    }
}

using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Portolan.Cli.Identifying;
using Portolan.Cli.Output;
using Portolan.Cli.Scanning.Machine;
using Portolan.Cli.Serving;
using Portolan.Firewall.Acquire;
using Portolan.Firewall.Judging;
using Portolan.Linux.Changes;
using Portolan.Linux.Proc;
using Portolan.Linux.Terminals;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Model.Invocation;
using Portolan.Model.Registry;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Judging;
using Portolan.Scan.Checking;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Hosting;

/// <summary>Everything a command may touch: its streams, the clock, the environment and the acquirers. Tests pass their own.</summary>
/// <remarks>
/// Whatever costs time is made when it is first asked for. So is what makes it: forty delegates of forty types lie all over the program's
/// image, and each is a page fault at every start.
/// </remarks>
public sealed class CommandContext : IDisposable
{
    // Whether what was not given is this machine's own, and not nothing.
    private bool IsThisMachine { get; init; }

    /// <summary>
    /// stdout, unbuffered: data only. Write through <see cref="Writer"/>, or a JSON writer of your own, not both at once.
    /// </summary>
    public required Stream Output { get; init; }

    /// <summary>Makes <see cref="Error"/>.</summary>
    public required Func<TextWriter> OpenError { get; init; }

    /// <summary>Makes <see cref="Input"/>.</summary>
    public required Func<TextReader> OpenInput { get; init; }

    /// <summary>Opens stdin as bytes. Read that or <see cref="Input"/>, not both.</summary>
    public Func<Stream> OpenInputBytes
    {
        get => field ??= IsThisMachine ? static () => StandardStream.Input : static () => Stream.Null;
        init;
    }

    /// <summary>The acquirers of the machine that commands look at.</summary>
    public Machine Machine { get => field ??= IsThisMachine ? ThisHost() : new Machine(); init; }

    /// <summary>
    /// Makes the acquirers of another look at the same machine: what may have changed is read anew; names of packages and ports are those
    /// that are known.
    /// </summary>
    public Func<Machine> OpenMachine
    {
        get => field ??= IsThisMachine ? OpenThisHost() : () => Machine;
        init;
    }

    private Func<Machine> OpenThisHost()
    {
        // One descriptor for all looks: those of their own would stay open until memory is collected.
        var proc = new Lazy<ProcHandle>(static () => ProcHandle.Open("/proc"));
        return () => new Machine
        {
            IsThisHost = true,
            Environment = Environment,
            OpenProcesses = () => new ProcessReader(proc.Value),
            OpenServices = () => Machine.Services,
            OpenPackages = () => Machine.Packages,
        };
    }

    /// <summary>Begins to hear from the kernel what changes; <c>null</c> where there is nothing to hear.</summary>
    internal Func<KernelChanges>? OpenChanges
    {
        get => field ??= IsThisMachine ? KernelChanges.Open : null;
        init;
    }

    /// <summary>Makes sockets that reach services of this host and no other, in a network namespace of it.</summary>
    public Func<NetworkNamespace, ICheckSockets>? OpenLocalSockets
    {
        get => field ??= IsThisMachine ? static space => LoopbackSockets.In(space, TimeProvider.System) : null;
        init;
    }

    /// <summary>Makes what a scan needs of the machine.</summary>
    internal Func<IScanMachine>? OpenScanMachine
    {
        get => field ??= IsThisMachine ? static () => new KernelScanMachine(TimeProvider.System) : null;
        init;
    }

    /// <summary>Becomes the program <c>portolan-server</c>, and does not come back.</summary>
    public Func<ServerInvocation, ExitCode> BecomeServer
    {
        get => field ??= IsThisMachine
            ? static invocation => ServerProgram.Become(invocation)
            : static _ => throw new InvalidOperationException("no server was given");
        init;
    }

    /// <summary>Starts <c>portolan-server</c> as a child whose stdout is read here.</summary>
    public Func<ServerInvocation, Process> StartServer
    {
        get => field ??= IsThisMachine
            ? static invocation => ServerProgram.Start(invocation)
            : static _ => throw new InvalidOperationException("no server was given");
        init;
    }

    /// <summary>Where the time goes, while measuring.</summary>
    internal PhaseTimes? Times { get; init; }

    /// <summary>stderr: progress, warnings, hints.</summary>
    public TextWriter Error => field ??= OpenError();

    /// <summary>stdin, for confirmations.</summary>
    public TextReader Input => field ??= OpenInput();

    /// <summary>Where this user's registry is, if there is one; <c>null</c> when the environment names no home.</summary>
    public string? RegistryPath => UserRegistry.PathFor(Environment("XDG_DATA_HOME"), Environment("HOME"));

    /// <summary>Whether stdout is a terminal.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether stderr is a terminal.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether stdin is a terminal.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    /// <summary>The source of all times and timers.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>
    /// To be called before work that must not be cut short: from then on Ctrl-C and SIGTERM cancel the command's token, where
    /// they would end the process at once.
    /// </summary>
    public Action EndInOrder { get; set; } = static () => { };

    /// <summary>The same for a command that may take longer to end in order than others: so long.</summary>
    public Action<TimeSpan> EndInOrderWithin { get; set; } = static _ => { };

    /// <summary>
    /// A second Ctrl-C or SIGTERM has something done, on another thread, where it would end the process at once: the command then ends
    /// without waiting.
    /// </summary>
    public Action<Action> OnSecondSignal { get; set; } = static _ => { };

    /// <summary>From then on SIGHUP runs an action, on another thread, and no longer ends the program.</summary>
    public Action<Action> OnHangUp { get; set; } = static _ => { };

    /// <summary>The command line as it was typed, the program's name first.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = ["portolan"];

    /// <summary>Whether <c>--json</c> was given.</summary>
    public bool Json { get; set; }

    /// <summary>Whether <c>--debug</c> was given.</summary>
    public bool Debug { get; set; }

    /// <summary>What <c>--color</c> says.</summary>
    public ColorMode ColorMode { get; set; }

    /// <summary>Writes a record to <see cref="Output"/>: a document, or one of several on a line.</summary>
    public void WriteJson<T>(T document, JsonTypeInfo<T> type, bool isLine = false)
    {
        if (isLine)
        {
            JsonOutput.WriteLine(Output, document, type);
        }
        else
        {
            JsonOutput.WriteDocument(Output, document, type);
        }
    }

    /// <summary>
    /// A buffered writer of text for people in front of <see cref="Output"/>, in what their locale can show; flushed when the command has
    /// run.
    /// </summary>
    public Utf8Writer Writer => field ??= new Utf8Writer(Marks.Over(Output, Environment));

    /// <summary>Whether that text is in ASCII.</summary>
    public AsciiFallback Marks { get; init; } = new();

    /// <summary>The terminal's width in columns, or <c>null</c> when stdout is not a terminal: then nothing is cut.</summary>
    public int? OutputWidth { get; init; }

    /// <summary>Reads the size of the terminal that stdout is, as it is now; <c>null</c> when unknown.</summary>
    public Func<(int Columns, int Rows)?> ReadOutputSize
    {
        get => field ??= IsThisMachine ? static () => StandardStream.Output.TerminalSize : static () => null;
        init;
    }

    /// <summary>Reads the width of the terminal that stderr is, in columns, as it is now; <c>null</c> when unknown.</summary>
    public Func<int?> ReadErrorWidth
    {
        get => field ??= IsThisMachine ? static () => StandardStream.Error.TerminalColumns : static () => null;
        init;
    }

    /// <summary>Whether the terminal that stdout is belongs to another program at the moment.</summary>
    public Func<bool> IsInBackground
    {
        get => field ??= IsThisMachine ? static () => StandardStream.Output.IsInBackground : static () => false;
        init;
    }

    /// <summary>Begins to look at keys pressed on stdin; <c>null</c> where there are none to see.</summary>
    public Func<ITerminalKeys?> OpenKeys
    {
        get => field ??= IsThisMachine ? static () => TerminalKeys.Open() : static () => null;
        init;
    }

    /// <summary>Whether stdout gets colour.</summary>
    public bool OutputColor => AnsiStyles.Enabled(ColorMode, OutputIsTerminal, Environment);

    private const int LeastWidth = 20;

    private const int MostWidth = 10_000;

    /// <summary>The real console and kernel.</summary>
    public static CommandContext FromConsole()
    {
        StandardStream.OccupyClosed();
        var output = StandardStream.Output;
        var marks = new AsciiFallback();
        var isTerminal = output.IsTerminal;
        return new()
        {
            Output = output,
            Marks = marks,
            OpenError = () => new StreamWriter(marks.Over(StandardStream.Error, System.Environment.GetEnvironmentVariable))
            {
                AutoFlush = true,
                NewLine = "\n",
            },
            OpenInput = static () => new StreamReader(StandardStream.Input),
            IsThisMachine = true,
            Times = PhaseTimes.FromEnvironment(System.Environment.GetEnvironmentVariable),
            OutputIsTerminal = isTerminal,
            OutputWidth = WidthOf(System.Environment.GetEnvironmentVariable("PORTOLAN_COLUMNS"))
                ?? (isTerminal ? output.TerminalColumns ?? 80 : null),
            ErrorIsTerminal = StandardStream.Error.IsTerminal,
            InputIsTerminal = StandardStream.Input.IsTerminal,
            Environment = System.Environment.GetEnvironmentVariable,
        };
    }

    /// <summary>
    /// The context of a command that runs inside of this one: it looks at the same machine anew, on any thread, writes into streams of its
    /// own in lines that wide, and has no terminal to ask.
    /// </summary>
    internal CommandContext Into(Stream output, TextWriter error, int columns) => new()
    {
        Output = output,
        OpenError = () => error,
        OpenInput = static () => TextReader.Null,
        OpenInputBytes = static () => Stream.Null,
        OpenLocalSockets = OpenLocalSockets,
        Machine = IsThisMachine ? ThisHost() : Machine,
        Environment = Environment,
        Clock = Clock,
        OutputWidth = columns,
        ReadErrorWidth = () => columns,
    };

    /// <summary>Hands everything written so far to stdout.</summary>
    public void Flush()
    {
        Writer.Flush();
        Output.Flush();
    }

    private Machine ThisHost() => Times is { } times
        ? new Machine
        {
            IsThisHost = true,
            Environment = Environment,
            OpenServices = LoadServices,
            OpenRules = times.Of("read rules", static () => KernelRules.Read(CancellationToken.None)),
            OpenHostFacts = times.Of("read host", static () => KernelFirewall.ReadHost(CancellationToken.None)),
            MakeJudge = times.Of(static (rules, host) => new FlowJudge(rules, host).Judge),
        }
        : new Machine { IsThisHost = true, Environment = Environment, OpenServices = LoadServices };

    /// <summary>The width that was asked for, whatever stdout is: for pages and mails; <c>null</c> for what is none.</summary>
    private static int? WidthOf(string? text) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var width)
            && width is >= LeastWidth and <= MostWidth ? width : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        Times?.Write(Error);
        Output.Dispose();
    }

    /// <summary>The names of ports: of the user's own registry at <see cref="RegistryPath"/>, or else the built-in ones.</summary>
    /// <remarks>Names are worth less than the command's work: a damaged file is said once and the built-in names are shown.</remarks>
    internal ServiceRegistry LoadServices()
    {
        var services = UserRegistry.Load(RegistryPath, out var problem);
        if (problem is not null)
        {
            Error.WriteLine($"portolan: {TerminalText.Escape(RegistryPath!)} is ignored and the built-in registry used: "
                + $"{TerminalText.Escape(problem)}");
            Error.WriteLine(Advice.Of($"run portolan port --update FILE with a new copy, or portolan port --forget").ToHint());
        }

        return services;
    }
}

/// <summary>Whether text for people is in ASCII: by <c>--ascii</c>, or where the locale has no UTF-8.</summary>
public sealed class AsciiFallback
{
    /// <summary>Whether <c>--ascii</c> was given.</summary>
    public bool Ascii { get; set; }

    /// <summary>The stream for such text in front of a stream of bytes.</summary>
    public Stream Over(Stream inner, Func<string, string?> environment) =>
        AsciiMarkStream.Over(inner, Ascii ? static name => name == "LC_ALL" ? "C" : null : environment);
}

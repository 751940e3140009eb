using Portolan.Cli.Output;
using Portolan.Sockets;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Hosting;

/// <summary>Everything a command may touch: its streams, the clock, the environment and the acquirers. Tests pass their own.</summary>
/// <remarks>Whatever costs time is made when it is first asked for.</remarks>
public sealed class CommandContext : IDisposable
{
    /// <summary>stdout: data only, UTF-8, buffered by the writer that uses it.</summary>
    public required Stream Output { get; init; }

    /// <summary>Makes <see cref="Error"/>.</summary>
    public required Func<TextWriter> OpenError { get; init; }

    /// <summary>Makes <see cref="Input"/>.</summary>
    public required Func<TextReader> OpenInput { get; init; }

    /// <summary>Makes the source of sockets; the kernel, or a recording.</summary>
    public Func<ISocketSource>? OpenSockets { get; init; }

    /// <summary>Makes the finder of owners.</summary>
    public Func<IOwnerFinder>? OpenOwners { get; init; }

    /// <summary>stderr: progress, warnings, hints.</summary>
    public TextWriter Error => field ??= OpenError();

    /// <summary>stdin, for confirmations.</summary>
    public TextReader Input => field ??= OpenInput();

    /// <summary>The sockets of this machine.</summary>
    public ISocketSource Sockets => field ??= (OpenSockets ?? throw new InvalidOperationException("no source of sockets was given"))();

    /// <summary>Who holds them.</summary>
    public IOwnerFinder Owners => field ??= (OpenOwners ?? throw new InvalidOperationException("no finder of owners was given"))();

    /// <summary>Whether stdout is a terminal.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether stderr is a terminal.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether stdin is a terminal.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Whether <c>--json</c> was given.</summary>
    public bool Json { get; set; }

    /// <summary>Whether <c>--debug</c> was given.</summary>
    public bool Debug { get; set; }

    /// <summary>What <c>--color</c> says.</summary>
    public ColorMode ColorMode { get; set; }

    /// <summary>The real console and kernel.</summary>
#pragma warning disable RS0030 // The console becomes streams here, and nowhere else.
    public static CommandContext FromConsole() => new()
    {
        Output = Console.OpenStandardOutput(),
        OpenError = () => Console.Error,
        OpenInput = () => Console.In,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        InputIsTerminal = !Console.IsInputRedirected,
        Environment = System.Environment.GetEnvironmentVariable,
    };
#pragma warning restore RS0030

    /// <inheritdoc/>
    public void Dispose() => Output.Dispose();
}

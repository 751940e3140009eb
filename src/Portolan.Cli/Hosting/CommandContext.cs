namespace Portolan.Cli.Hosting;

/// <summary>Everything a command may touch: its streams, the clock, the environment and the acquirers. Tests pass their own.</summary>
public sealed class CommandContext : IDisposable
{
    /// <summary>stdout: data only, UTF-8, buffered by the writer that uses it.</summary>
    public required Stream Output { get; init; }

    /// <summary>stderr: progress, warnings, hints.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>stdin, for confirmations.</summary>
    public required TextReader Input { get; init; }

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

    /// <summary>The real console and kernel.</summary>
#pragma warning disable RS0030 // The console becomes streams here, and nowhere else.
    public static CommandContext FromConsole() => new()
    {
        Output = Console.OpenStandardOutput(),
        Error = Console.Error,
        Input = Console.In,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        InputIsTerminal = !Console.IsInputRedirected,
        Environment = System.Environment.GetEnvironmentVariable,
    };
#pragma warning restore RS0030

    /// <inheritdoc/>
    public void Dispose() => Output.Dispose();
}

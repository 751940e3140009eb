using System.Collections;
using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Charting;

/// <summary>Runs a command with a port that no other program gets meanwhile, as <c>portolan free -- COMMAND {}</c>.</summary>
/// <param name="context">The machine.</param>
/// <param name="command">The command; each <c>{}</c> in its words stands for the port.</param>
/// <param name="holds">Whether the port is held: for TCP.</param>
internal sealed class FreeRun(CommandContext context, IReadOnlyList<string> command, bool holds)
{
    private const string Env = "/usr/bin/env";
    private const string Hole = "{}";

    /// <summary>env(1): the program cannot be run; 127 where it is not there, and more where a signal ended it.</summary>
    private const int NotRunnable = 126;

    /// <summary>env(1): there is no such program.</summary>
    private const ExitCode NotFound = (ExitCode)127;

    private const int SignalExit = 128;
    private const int Terminate = 15;

    /// <summary>How long a signal of the terminal may take to end the command before it is handed on.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LastLook = TimeSpan.FromSeconds(1);

    /// <summary>How long a command may take to end in order behind a signal.</summary>
    private static readonly TimeSpan Ending = TimeSpan.FromSeconds(90);

    /// <summary>Whether a word has a place for the port.</summary>
    public static bool HasHole(IReadOnlyList<string> command) => command.Any(static w => w.Contains(Hole, StringComparison.Ordinal));

    /// <summary>The error for a command that is not there, before a port is held for it; <c>null</c> where it can be run.</summary>
    /// <remarks>env(1) looks for it in the same way, but says so in words of its own.</remarks>
    public static PortolanException? Missing(string program, Func<string, string?> environment)
    {
        var name = TerminalText.Escape(program);
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(program) ? null : new PortolanException(
                $"program {name} does not exist", $"check the path", NotFound);
        }

        var folders = (environment("PATH") ?? "").Split(':');
        return program.Length > 0 && folders.Any(f => File.Exists(Path.Combine(f.Length == 0 ? "." : f, program)))
            ? null
            : new PortolanException(
                $"program '{name}' not found in PATH", $"check the spelling, or give the program's path", NotFound);
    }

    /// <summary>Becomes the command, which gets the port as a listening descriptor.</summary>
    /// <exception cref="PortolanException">It cannot be run.</exception>
    public ExitCode Pass(HeldPort held)
    {
        context.Error.WriteLine($"portolan: {held.Port}/tcp is passed to {Name} as a listening descriptor (LISTEN_FDS=1)");
        context.Error.Flush();
        var error = held.Become(Words(held.Port));
        throw new PortolanException($"cannot run {Env}: error {error}", $"run the command yourself with a port from portolan free");
    }

    /// <summary>Runs the command to its end, and once more where it could not bind the port beside its holder.</summary>
    /// <param name="port">The port.</param>
    /// <param name="held">What holds it, or <c>null</c>.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>The command's own exit code; 128 and the number of the signal that ended it.</returns>
    public ExitCode Run(PortNumber port, HeldPort? held, CancellationToken cancellationToken)
    {
        context.EndInOrderWithin(Ending);
        var (code, hasListened) = RunOnce(
            port, held is null ? "was free when it was chosen" : "was held for it until then (SO_REUSEADDR)", cancellationToken);
        if (held is null || hasListened || code is 0 or >= NotRunnable || cancellationToken.IsCancellationRequested)
        {
            return (ExitCode)code;
        }

        held.Dispose();
        context.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"portolan: {Name} exited with {code} before it listened; second try, with port {port} released"));
        return (ExitCode)RunOnce(port, "was released for its second try", cancellationToken).Code;
    }

    private string Name => TerminalText.Escape(command[0]);

    private List<string> Words(PortNumber port) => [.. command.Select(w => w.Replace(Hole, port.ToString(), StringComparison.Ordinal))];

    private (int Code, bool HasListened) RunOnce(PortNumber port, string how, CancellationToken cancellationToken)
    {
        using var process = Start(Words(port));
        using var stop = cancellationToken.Register(() => _ = EndAsync(process));
        var hasListened = false;
        var look = FirstLook;
        while (!process.Exited.Wait(hasListened || !holds ? Timeout.InfiniteTimeSpan : look, CancellationToken.None))
        {
            look = look * 2 < LastLook ? look * 2 : LastLook;
            if (IsListening(port))
            {
                hasListened = true;
                context.Error.WriteLine($"portolan: {Name} listens on {port}, which {how}");
            }
        }

        var exit = process.Exited.GetAwaiter().GetResult();
        return (exit < 0 ? SignalExit - exit : exit, hasListened);
    }

    private static NamespaceProcess Start(List<string> words)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            environment[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        try
        {
            return NamespaceProcess.Start(new NamespaceProcessOptions(Env, words)
            {
                Namespaces = NamespaceKinds.None,
                Environment = environment,
                InheritsStreams = true,
            });
        }
        catch (NamespaceProcessException exception)
        {
            throw new PortolanException(
                $"cannot {exception.Message}", $"run the command yourself with a port from portolan free", ExitCode.Failed, exception);
        }
    }

    /// <summary>Ctrl-C reaches the command by itself; a signal to this process alone is handed on.</summary>
    private static async Task EndAsync(NamespaceProcess process)
    {
        if (await Task.WhenAny(process.Exited, Task.Delay(Grace)) != process.Exited)
        {
            process.Signal(Terminate);
        }
    }

    private bool IsListening(PortNumber port)
    {
        var sockets = context.Machine.Sockets.Read(
            new SocketQuery { Protocols = SocketProtocols.Tcp, States = 1u << (int)SocketState.Listen }, CancellationToken.None).Sockets;
        for (var i = 0; i < sockets.Count; i++)
        {
            if (sockets[i].LocalPort == port.Value && sockets[i].State == SocketState.Listen)
            {
                return true;
            }
        }

        return false;
    }
}

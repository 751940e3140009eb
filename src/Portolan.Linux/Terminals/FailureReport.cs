using Portolan.Model;

namespace Portolan.Linux.Terminals;

/// <summary>
/// Turns every failure of a program into one line, a hint and an exit code. All programs of Portolan end their <c>Main</c> with it.
/// </summary>
/// <param name="Message">One sentence without a full stop; <c>null</c> when nothing is to be said.</param>
/// <param name="Hint">What to do next, or <c>null</c>.</param>
/// <param name="ExitCode">What the program ends with.</param>
public sealed record FailureReport(string? Message, Advice? Hint, ExitCode ExitCode)
{
    private IReadOnlyList<string> Details { get; init; } = [];

    private Exception? Cause { get; init; }

    /// <summary>The report of a failure.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="debug">Whether the stack is shown.</param>
    public static FailureReport Of(Exception exception, bool debug) => exception switch
    {
        not PortolanException when MemoryShortage.IsCauseOf(exception) && MemoryShortage.Describe(exception) is var (message, hint) =>
            new(exception is LinuxException call ? $"cannot {call.Message}" : message, hint, ExitCode.Failed)
            { Cause = debug ? exception : null },
        PortolanException e => new(e.Message, e.Hint, e.ExitCode) { Details = e.Details, Cause = debug ? e : null },

        // The reader of our output has seen enough.
        BrokenPipeException => new(null, null, ExitCode.Success),
        LinuxException { IsPermission: true } e =>
            new(
                $"cannot {e.Message}", $"portolan doctor shows what this environment allows",
                ExitCode.NoPrivilege)
            { Cause = debug ? e : null },
        LinuxException e => new($"cannot {e.Message}", null, ExitCode.Failed) { Cause = debug ? e : null },
        IOException e => new(e.Message, null, ExitCode.Failed) { Cause = debug ? e : null },

        // A library's own file, such as one that SSL_CERT_DIR names.
        UnauthorizedAccessException e => new(
            Refusal(e), $"make it readable for this user, or give another path in its option or variable", ExitCode.NoPrivilege)
        { Cause = debug ? e : null },
        var e => new(
            $"unexpected {e.GetType().Name}: {e.Message}",
            debug ? null : Advice.Of($"this is a defect in Portolan; run again with --debug for a stack trace"),
            ExitCode.Failed)
        { Cause = debug ? e : null },
    };

    /// <summary>What is missing, of the file or folder that the runtime names between quotes.</summary>
    private static string Refusal(UnauthorizedAccessException exception) =>
        exception.Message.Split('\'') is [_, { Length: > 0 } path, ..]
            ? $"cannot open {path}: permission denied: no read permission, or no search permission on a folder above"
            : $"permission denied: {exception.Message.TrimEnd('.')}";

    /// <summary>Says it.</summary>
    /// <param name="error">Makes stderr, when it is needed.</param>
    /// <param name="lines">Breaks the message into lines that fit; <c>null</c> for one line.</param>
    /// <returns>The exit code as a number.</returns>
    public int Write(Func<TextWriter> error, Func<string, IEnumerable<string>>? lines = null)
    {
        if (Message is null)
        {
            return (int)ExitCode;
        }

        try
        {
            var writer = error();
            var message = $"portolan: {TerminalText.Escape(Message)}";
            foreach (var line in lines?.Invoke(message) ?? [message])
            {
                writer.WriteLine(line);
            }

            foreach (var line in Details)
            {
                writer.WriteLine(TerminalText.Escape(line));
            }

            if (Hint is not null)
            {
                writer.WriteLine(Hint.ToHint());
            }

            if (Cause is not null)
            {
                writer.WriteLine(Cause.ToString());
            }
        }
        catch (IOException)
        {
            // stderr is closed; the exit code remains.
        }

        return (int)ExitCode;
    }
}

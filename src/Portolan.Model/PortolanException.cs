namespace Portolan.Model;

/// <summary>An error meant for the person at the keyboard: what failed and why, and what to run next.</summary>
/// <remarks>Caught once, in the program's entry; the message and hint go to stderr and <see cref="ExitCode"/> is returned.</remarks>
public sealed class PortolanException : Exception
{
    /// <summary>Makes the error. <paramref name="message"/> is one sentence without a full stop.</summary>
    public PortolanException(string message, Advice? hint = null, ExitCode exitCode = ExitCode.Failed, Exception? inner = null)
        : base(message, inner)
    {
        Hint = hint;
        ExitCode = exitCode;
    }

    /// <summary>What to run or change next, or <c>null</c>.</summary>
    public Advice? Hint { get; }

    /// <summary>Lines shown under the message as they are, such as the person's input with a caret under the wrong word.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    /// <summary>The exit code the program ends with.</summary>
    public ExitCode ExitCode { get; }

    /// <summary>What logs of tests show: the message, its details, the hint, and then what any exception shows.</summary>
    public override string ToString()
    {
        var lines = new List<string> { $"{GetType()}: {Message}" };
        lines.AddRange(Details);
        if (Hint is { } hint)
        {
            lines.Add(hint.ToHint());
        }

        var rest = base.ToString();
        var head = $"{GetType()}: {Message}";
        return string.Concat(
            string.Join(Environment.NewLine, lines),
            rest.StartsWith(head, StringComparison.Ordinal) ? rest[head.Length..] : $"{Environment.NewLine}{rest}");
    }
}

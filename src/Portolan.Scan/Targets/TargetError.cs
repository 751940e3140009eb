using Portolan.Model;

namespace Portolan.Scan.Targets;

/// <summary>Why a word is not a target, and where.</summary>
/// <param name="Position">Where the fault begins, counted from 0 in the word.</param>
/// <param name="Length">How many characters are at fault, at least 1.</param>
/// <param name="Reason">What is wrong, without a full stop.</param>
/// <param name="Hint">What to write instead.</param>
public readonly record struct TargetError(int Position, int Length, string Reason, Advice Hint)
{
    private const int MaxShown = 100;

    /// <summary>The error for the person: the word with a caret under the fault.</summary>
    /// <param name="word">The word.</param>
    /// <param name="place">Where it stands, such as <c>hosts.txt, line 3</c>; <c>null</c> for the command line.</param>
    public PortolanException ToException(string word, string? place = null)
    {
        ArgumentNullException.ThrowIfNull(word);
        var message = $"{(place is null ? "" : place + ": ")}\"{Shortened(word)}\": {Reason}";
        return new PortolanException(message, Hint, ExitCode.Usage)
        {
            Details = Position <= word.Length && Length < word.Length && word.Length <= MaxShown && TerminalText.IsPlain(word)
                ? [$"  {word}", $"  {new string(' ', Position)}{new string('^', Math.Max(1, Length))}"]
                : [],
        };
    }

    /// <summary>A word of any length in a message.</summary>
    internal static string Shortened(string word) => word.Length <= MaxShown ? word : string.Concat(word.AsSpan(0, MaxShown), "…");
}

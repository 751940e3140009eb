using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Diffing;

/// <summary>Opens what the person names.</summary>
internal static class DiffInputs
{
    /// <summary>Its name in messages.</summary>
    public static string NameOf(string word) => word == "-" ? "standard input" : word;

    /// <summary>Whether a word is a moment of the store, such as <c>@yesterday</c>.</summary>
    public static bool IsMoment(string word) => word.StartsWith('@');

    /// <summary>Refuses words that cannot be compared, before anything is opened.</summary>
    /// <exception cref="PortolanException">Exit code 2.</exception>
    public static void Check(string a, string b)
    {
        if (a == "-" && b == "-")
        {
            throw new PortolanException("only one of the two can be standard input", $"portolan diff before.xml -", ExitCode.Usage);
        }
    }

    /// <summary>What helps where a file to compare cannot be opened.</summary>
    public static Advice TwoFiles => $"give two results of a scan or of portolan --json";

    /// <summary>Opens a file, or stdin.</summary>
    /// <param name="word">What the person named.</param>
    /// <param name="remedy">What helps where it cannot be opened.</param>
    /// <param name="context">The streams.</param>
    /// <exception cref="PortolanException">It cannot be opened. Exit code 3.</exception>
    public static BoundedStream Open(string word, Advice remedy, CommandContext context)
    {
        if (word == "-")
        {
            return new BoundedStream(context.OpenInputBytes(), InputLimit.Comparison, NameOf(word));
        }

        try
        {
            return BoundedStream.Open(word, InputLimit.Comparison);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new PortolanException(
                $"cannot read {word}: {NamedFile.WhyNot(exception, word)}", remedy, ExitCode.Failed, exception);
        }
    }
}

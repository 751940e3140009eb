using System.Globalization;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>The facts of a connection as lines of text.</summary>
internal static class ConnectLines
{
    public static IEnumerable<string> Of(ConnectStep step)
    {
        if (step.Attempts.Count > 1)
        {
            foreach (var attempt in step.Attempts)
            {
                yield return $"{attempt.Address}: {attempt.Summary}, tried at {CheckText.Milliseconds(attempt.At)} for "
                    + $"{CheckText.Milliseconds(attempt.Elapsed)}";
            }
        }

        var shown = step.Winner ?? FirstWithPair(step);
        if (shown?.Pair is { } pair)
        {
            yield return $"sent    {StepLines.Pair(pair)}";
            yield return $"{ReplyWord(shown)} {StepLines.Pair(pair.Reverse())}";
        }

        if (shown?.Tcp is { } tcp)
        {
            if (tcp.Retransmissions > 0)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"SYN sent {tcp.Retransmissions + 1} times");
            }

            if (shown.Outcome == ConnectionOutcome.Connected && tcp.RoundTrip > TimeSpan.Zero)
            {
                yield return $"round trip {CheckText.Milliseconds(tcp.RoundTrip)}, as the kernel measured it";
            }
        }
    }

    // A pair is only called a reply's where one came.
    private static string ReplyWord(ConnectTry attempt) => attempt.Outcome switch
    {
        ConnectionOutcome.Connected => "replies",
        ConnectionOutcome.Refused => "reply  ",
        _ => "a reply would be",
    };

    private static ConnectTry? FirstWithPair(ConnectStep step)
    {
        foreach (var attempt in step.Attempts)
        {
            if (attempt.Pair is not null)
            {
                return attempt;
            }
        }

        return null;
    }
}

using System.Globalization;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>The facts of a step as lines of text. They may hold text from outside, which the writer makes visible.</summary>
internal static class StepLines
{
    /// <summary>The lines below a step's summary.</summary>
    public static IEnumerable<string> Of(CheckStep step) => step switch
    {
        NameStep name => [$"said by {name.Answer.Source}"],
        RouteStep route => OfRoutes(route),
        ConnectStep connect => OfAttempts(connect),
        GreetingStep { Bytes.Length: > 0 } greeting => OfGreeting(greeting.Bytes.Span),
        _ => [],
    };

    private static IEnumerable<string> OfRoutes(RouteStep step)
    {
        foreach (var (address, answer) in step.Routes.Skip(1))
        {
            yield return answer.Route is { } route ? $"{address} over {route.InterfaceName}, from {route.Source}" : answer.Problem ?? $"no route to {address}";
        }
    }

    private static IEnumerable<string> OfAttempts(ConnectStep step)
    {
        if (step.Attempts.Count > 1)
        {
            foreach (var attempt in step.Attempts)
            {
                yield return $"{attempt.Address} started at {CheckText.Milliseconds(attempt.At)}, after {CheckText.Milliseconds(attempt.Elapsed)}: {attempt.Summary}";
            }
        }

        foreach (var attempt in step.Attempts)
        {
            if (attempt.Pair is { } pair && (step.Winner ?? step.Attempts[0]) == attempt)
            {
                yield return $"sent from {Pair(pair)}";
                yield return $"replies   {Pair(pair.Reverse())}";
            }
        }
    }

    /// <summary>At most ten lines; the whole is in the JSON.</summary>
    private static List<string> OfGreeting(ReadOnlySpan<byte> bytes)
    {
        var lines = new List<string>();
        while (!bytes.IsEmpty && lines.Count < 10)
        {
            var end = bytes.IndexOf((byte)'\n');
            var line = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? default : bytes[(end + 1)..];
            var writer = new Utf8Writer();
            writer.WriteEscaped(line.EndsWith("\r"u8) ? line[..^1] : line);
            lines.Add(writer.ToString());
        }

        return lines;
    }

    private static string Pair(SocketPair pair) =>
        $"{Socket(pair.LocalAddress, pair.LocalPort)} → {Socket(pair.RemoteAddress, pair.RemotePort)}";

    private static string Socket(InternetAddress address, PortNumber port) =>
        string.Create(CultureInfo.InvariantCulture, $"{(address.IsIPv4 ? $"{address}" : $"[{address}]")}:{port}");
}

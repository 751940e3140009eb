using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;

namespace Portolan.Cli.Checking;

/// <summary>The facts of a step as lines of text. They may hold text from outside, which the writer makes visible.</summary>
internal static class StepLines
{
    private const int MostGreetingLines = 10;

    /// <summary>The lines below a step's summary.</summary>
    public static IEnumerable<string> Of(CheckStep step) => step switch
    {
        NameStep name => NameLines.Of(name),
        QueryStep query => NameLines.Of(query),
        RouteStep route => OfRoutes(route),
        ConnectStep connect => ConnectLines.Of(connect),
        GreetingStep { Bytes.Length: > 0 } greeting =>
            [.. OfText(greeting.Bytes.Span), .. OfProduct(greeting.Identified, Encoding.UTF8.GetString(greeting.Bytes.Span))],
        TlsStep tls => TlsLines.Of(tls),
        HttpStep { Response: { } answer } http => [.. OfAnswer(answer), .. OfProduct(http.Identified, answer.Server)],
        DatagramStep datagram => OfDatagram(datagram),
        _ => [],
    };

    /// <summary>An address and port, IPv6 in brackets.</summary>
    public static string Socket(InternetAddress address, PortNumber port) => $"{(address.IsIPv4 ? $"{address}" : $"[{address}]")}:{port}";

    /// <summary>A pair as the packets of one direction carry it.</summary>
    public static string Pair(SocketPair pair) =>
        $"{Socket(pair.LocalAddress, pair.LocalPort)} → {Socket(pair.RemoteAddress, pair.RemotePort)}";

    private static IEnumerable<string> OfRoutes(RouteStep step)
    {
        foreach (var (address, answer) in step.Routes.Skip(1))
        {
            yield return answer.Route is { } route
                ? $"{address} over {route.InterfaceName}, from {route.Source}"
                : answer.Problem ?? $"no route to {address}";
        }
    }

    private static IEnumerable<string> OfAnswer(HttpAnswer answer)
    {
        yield return $"answered after {CheckText.Milliseconds(answer.FirstAnswer)}{(answer.ContentType is { } type ? $", {type}" : "")}";
        if (answer.Location is { } location)
        {
            yield return $"location {location}";
        }
    }

    /// <summary>The product, where what is shown already does not name it.</summary>
    private static IEnumerable<string> OfProduct(IdentifiedService? service, string? shown)
    {
        if (service is { Product: { } product } && shown?.Contains(product, StringComparison.OrdinalIgnoreCase) != true)
        {
            yield return $"product {(service.Version is { } version ? $"{product} {version}" : product)}";
        }
    }

    private static IEnumerable<string> OfDatagram(DatagramStep step)
    {
        var exchange = step.Exchange;
        if (exchange.Pair is { } pair)
        {
            var what = step.Payload is { } payload ? $"{payload}, {step.PayloadLength} bytes" : "an empty datagram";
            yield return $"sent    {Pair(pair)}: {what}{(exchange.Sent > 1 ? $", {exchange.Sent} times" : "")}";
            yield return $"{(exchange.Outcome == DatagramOutcome.Replied ? "reply  " : "a reply would be")} {Pair(pair.Reverse())}{(exchange.AnsweredAfter is { } after && exchange.Outcome == DatagramOutcome.Replied ? $" after {CheckText.Milliseconds(after)}" : "")}";
        }

        if (exchange.Outcome == DatagramOutcome.Replied && step.Service is null && !exchange.Reply.IsEmpty)
        {
            yield return TlsLines.Excerpt(exchange.Reply.Span);
        }
    }

    /// <summary>At most so many lines; the whole is in the JSON.</summary>
    private static List<string> OfText(ReadOnlySpan<byte> bytes)
    {
        var lines = new List<string>();
        while (!bytes.IsEmpty && lines.Count < MostGreetingLines)
        {
            var end = bytes.IndexOf((byte)'\n');
            var line = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? default : bytes[(end + 1)..];
            lines.Add(TlsLines.Excerpt(line.EndsWith("\r"u8) ? line[..^1] : line));
        }

        return lines;
    }
}

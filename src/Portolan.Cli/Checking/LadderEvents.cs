using System.Globalization;
using System.Text;
using Portolan.Scan.Checking;
using Portolan.Scan.Formats;
using Portolan.Scan.Names;

namespace Portolan.Cli.Checking;

/// <summary>What went back and forth on a connection, in the order of time. SYN, SYN-ACK and RST stand for what connect() said.</summary>
internal static class LadderEvents
{
    /// <summary>The events of a hop; none when nothing was sent.</summary>
    public static List<LadderEvent> Of(CheckHop hop)
    {
        var events = new List<LadderEvent>();
        foreach (var step in hop.Steps)
        {
            switch (step)
            {
                case ConnectStep connect:
                    Add(events, connect);
                    break;
                case TlsStep tls:
                    Add(events, tls, hop.Target);
                    break;
                case HttpStep http:
                    Add(events, http, hop.Target);
                    break;
                case GreetingStep greeting:
                    Add(events, greeting);
                    break;
                case ServiceStep service:
                    Add(events, service);
                    break;
                case DatagramStep datagram:
                    Add(events, datagram);
                    break;
                case QueryStep query:
                    Add(events, query);
                    break;
            }
        }

        // Attempts of a race overlap; what happened at the same time stays in its order.
        var index = 0;
        return [.. events.Select(e => (Event: e, Index: index++)).OrderBy(e => (e.Event.At, e.Index)).Select(e => e.Event)];
    }

    private static void Add(List<LadderEvent> events, ConnectStep step)
    {
        foreach (var attempt in step.Attempts)
        {
            if (attempt.Outcome == ConnectionOutcome.NotSent)
            {
                events.Add(new(attempt.At, LadderDirection.None, $"nothing sent to {attempt.Address}"));
                continue;
            }

            var which = step.Attempts.Count > 1 ? $" {attempt.Address}" : "";
            events.Add(new(attempt.At, LadderDirection.Out, $"SYN{which}"));
            if (attempt.Tcp is { Retransmissions: > 0 and var again })
            {
                events.Add(new(
                    attempt.At, LadderDirection.None,
                    $"SYN sent again {(again == 1 ? "once" : $"{again} times")}{(which.Length > 0 ? " to" + which : "")}"));
            }

            var end = attempt.At + attempt.Elapsed;
            events.Add(attempt.Outcome switch
            {
                ConnectionOutcome.Connected => new(end, LadderDirection.In, $"SYN-ACK{which}"),
                ConnectionOutcome.Refused => new(end, LadderDirection.In, $"RST{which}"),
                ConnectionOutcome.Unreachable when attempt.Icmp is { } icmp && icmp.From != attempt.Pair?.LocalAddress =>
                    new(end, LadderDirection.In, $"ICMP {icmp.Name}"),
                ConnectionOutcome.Abandoned => new(end, LadderDirection.None, $"given up{which}"),
                ConnectionOutcome.TimedOut => new(end, LadderDirection.None, $"no answer{(which.Length > 0 ? " from" + which : "")}"),
                _ => new(end, LadderDirection.None, "unreachable"),
            });
        }
    }

    private static void Add(List<LadderEvent> events, TlsStep step, CheckTarget target)
    {
        var end = step.Time.At + step.Time.Elapsed;
        var hasName = !Portolan.Model.InternetAddress.TryParse(step.ServerName, out _);
        events.Add(new(
            step.Time.At, LadderDirection.Out, hasName ? $"ClientHello, name {step.ServerName}" : $"ClientHello, {target.Scheme.Name()}"));
        events.Add(step.Session is { } session
            ? new(end, LadderDirection.In, $"{session.Version}, certificate {(step.IsTrusted ? "trusted" : "NOT trusted")}")
            : new(end, LadderDirection.None, step.Summary));
    }

    private static void Add(List<LadderEvent> events, HttpStep step, CheckTarget target)
    {
        events.Add(new(step.Time.At, LadderDirection.Out, $"GET {target.Path}"));
        if (step.Response is not { } answer)
        {
            events.Add(new(step.Time.At + step.Time.Elapsed, LadderDirection.None, step.Summary));
            return;
        }

        events.Add(new(step.Time.At + answer.FirstAnswer, LadderDirection.In, $"{answer.Status} {answer.Reason}".TrimEnd()));
        if (answer.BodyLength > 0)
        {
            events.Add(new(
                step.Time.At + step.Time.Elapsed, LadderDirection.In,
                string.Create(CultureInfo.InvariantCulture, $"{answer.BodyLength} bytes")));
        }
    }

    private static void Add(List<LadderEvent> events, GreetingStep step) => events.Add(new(
        step.Time.At + step.Time.Elapsed,
        step.Bytes.IsEmpty && step.Ending == GreetingEnding.Silent ? LadderDirection.None : LadderDirection.In,
        step.Ending switch
        {
            _ when !step.Bytes.IsEmpty => FirstLine(step.Bytes.Span),
            GreetingEnding.Closed => "FIN: closed without data",
            GreetingEnding.Reset => "RST: reset without data",
            _ => "no greeting",
        }));

    private static void Add(List<LadderEvent> events, ServiceStep step)
    {
        if (step.Question is { } question)
        {
            events.Add(new(step.Time.At, LadderDirection.Out, question));
        }

        events.Add(new(
            step.Time.At + step.Time.Elapsed,
            step.Reaction == ServiceReaction.Silent ? LadderDirection.None : LadderDirection.In,
            step.Reaction switch
            {
                ServiceReaction.Silent => "no answer",
                ServiceReaction.Closed => "FIN: closed",
                ServiceReaction.Reset => "RST: reset",
                ServiceReaction.Tls => "TLS",
                _ when step.Identified is { } known => ServiceText.SentenceOf(known),
                _ => FirstLine(step.Heard.Span),
            }));
    }

    private static void Add(List<LadderEvent> events, DatagramStep step)
    {
        if (step.Exchange.Outcome == DatagramOutcome.NotSent)
        {
            events.Add(new(step.Time.At, LadderDirection.None, $"nothing sent to {step.Address}"));
            return;
        }

        var times = step.Exchange.Sent == 1 ? "" : $", sent {step.Exchange.Sent} times";
        events.Add(new(
            step.Time.At, LadderDirection.Out,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{(step.Payload is { } payload ? $"{payload}, {step.PayloadLength} bytes" : "empty datagram")}{times}")));
        var end = step.Time.At + step.Time.Elapsed;
        events.Add(step.Exchange.Outcome switch
        {
            DatagramOutcome.Replied =>
                new(
                    end, LadderDirection.In,
                    string.Create(CultureInfo.InvariantCulture, $"{step.Service ?? "reply"}, {step.Exchange.Reply.Length} bytes")),
            DatagramOutcome.Silent => new(end, LadderDirection.None, "no answer"),
            _ => new(end, LadderDirection.In, step.Exchange.Icmp is { } icmp ? $"ICMP {icmp.Name}" : "ICMP port unreachable"),
        });
    }

    private static void Add(List<LadderEvent> events, QueryStep step)
    {
        var at = step.Time.At;
        foreach (var (question, _, exchange, icmp) in step.Questions)
        {
            var carrier = question.Carrier == DnsCarrier.Udp ? "UDP" : "TCP";
            events.Add(exchange == DatagramOutcome.NotSent
                ? new(at, LadderDirection.None, "nothing sent")
                : new(at, LadderDirection.Out, $"{DnsTypeWords.Name(question.Type)} of {question.Name}? ({carrier})"));
            at += question.Elapsed;
            if (exchange != DatagramOutcome.NotSent)
            {
                events.Add(question.Answer is { } answer
                    ? new(
                        at, LadderDirection.In,
                        string.Create(CultureInfo.InvariantCulture, $"{question.Describe()}, {answer.Records.Count} records"))
                    : new(
                        at, icmp is null ? LadderDirection.None : LadderDirection.In,
                        icmp is null ? question.Describe() : $"ICMP {icmp.Name}"));
            }
        }
    }

    private static string FirstLine(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}

/// <summary>A line of the ladder.</summary>
/// <param name="At">From the start of the check.</param>
/// <param name="Direction">Which way it went.</param>
/// <param name="Label">A few words; may hold text from outside.</param>
internal readonly record struct LadderEvent(TimeSpan At, LadderDirection Direction, string Label);

/// <summary>Which way something went.</summary>
internal enum LadderDirection : byte
{
    /// <summary>From us.</summary>
    Out,

    /// <summary>To us.</summary>
    In,

    /// <summary>Nowhere: what did not happen.</summary>
    None,
}

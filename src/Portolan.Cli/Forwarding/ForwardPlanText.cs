using Portolan.Cli.Hosting;
using Portolan.Forwarding.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>What a forward would do, for people.</summary>
internal static class ForwardPlanText
{
    /// <summary>Forwards of a range, about which nothing is said of one alone.</summary>
    public static IEnumerable<(int First, int Count)> Group(IReadOnlyList<ForwardPlanEntry> entries) =>
        ForwardRanges.Group([.. entries.Select(static e => e.Spec)], i => entries[i].Problem is not null);

    /// <summary>Where it listens and where it forwards to, with the addresses of names.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="first">The first forward.</param>
    /// <param name="count">How many follow each other port by port.</param>
    public static void WriteEnds(Utf8Writer output, ForwardPlanEntry first, int count)
    {
        output.WriteEscaped(ForwardRanges.Listen(first.Spec, count));
        output.Write(" to ");
        output.WriteEscaped(string.Join(
            ", ",
            first.Targets.Select(
                t => ForwardRanges.Target(t.Target, count) + (t.Target.IsName ? $" ({string.Join(", ", t.Addresses)})" : ""))));
    }

    /// <summary>Writes what would be done.</summary>
    public static void Write(IReadOnlyList<ForwardPlanEntry> entries, KernelPlan? kernel, CommandContext context)
    {
        foreach (var (first, count) in Group(entries))
        {
            var entry = entries[first];
            var output = context.Writer;
            output.Write("would forward ");
            WriteEnds(output, entry, count);
            foreach (var word in Options(entry.Spec.Options).Prepend(kernel?.Family(first)).OfType<string>())
            {
                output.Write(", ");
                output.WriteEscaped(word);
            }

            output.WriteLine();
            if (entry.Problem is { } problem)
            {
                output.Write("  but ");
                output.WriteEscaped(problem);
                output.WriteLine();
            }
        }

        if (kernel is not null)
        {
            Write(kernel, context.Writer);
        }
    }

    private static void Write(KernelPlan kernel, Utf8Writer output)
    {
        foreach (var (name, setting) in SettingLines.Of(kernel.Settings))
        {
            output.Write("would set ");
            output.WriteEscaped(name);
            output.Write($" to {setting.During} until the end (it is {setting.Before})");
            output.WriteLine();
        }

        output.Write("would load, until the end:");
        output.WriteLine();
        output.Write(kernel.Rules);
    }

    private static IEnumerable<string> Options(ForwardOptions options)
    {
        if (options.Allow.Count > 0)
        {
            yield return $"only from {string.Join(", ", options.Allow)}";
        }

        if (options.Limit is { } limit)
        {
            yield return $"at most {limit} at once";
        }

        if (options.ConnectionsPerSecond is { } connections)
        {
            yield return $"at most {connections} new a second";
        }

        if (options.BytesPerSecond is { } bytes)
        {
            yield return $"at most {bytes} bytes a second each way";
        }

        if (options.Idle is { } idle)
        {
            yield return $"closed when idle for {DurationText.Format(idle)}";
        }

        if (options.Responses is { } responses)
        {
            yield return $"a UDP flow ends after {responses} {(responses == 1 ? "answer" : "answers")} to each";
        }

        if (options.KeepsSource)
        {
            yield return "targets see the clients' addresses";
        }

        if (options.ProxyIn)
        {
            yield return "PROXY header expected";
        }

        if (options.ProxyOut > 0)
        {
            yield return $"PROXY header v{options.ProxyOut} sent";
        }

        if (options.Check is { } check)
        {
            yield return $"targets checked by {check}";
        }
    }
}

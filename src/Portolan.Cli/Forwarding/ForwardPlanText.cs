using Portolan.Cli.Hosting;
using Portolan.Forwarding.Model;
using Portolan.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>What a forward would do, for people.</summary>
internal static class ForwardPlanText
{
    /// <summary>A target, with the addresses of its name.</summary>
    public static string Target(TargetPoint target, IReadOnlyList<InternetAddress> addresses) =>
        target.IsName ? $"{target} ({string.Join(", ", addresses)})" : target.ToString();

    /// <summary>Writes what would be done.</summary>
    public static void Write(IReadOnlyList<ForwardPlanEntry> entries, KernelPlan? kernel, CommandContext context)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            var output = context.Writer;
            output.Write("would forward ");
            output.WriteEscaped(entry.Spec.Name);
            output.Write(" to ");
            output.WriteEscaped(string.Join(", ", entry.Targets.Select(t => Target(t.Target, t.Addresses))));
            foreach (var word in Options(entry.Spec.Options).Prepend(kernel?.Family(i)).OfType<string>())
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
        foreach (var setting in kernel.Settings.Where(s => s.Before != s.During))
        {
            output.Write("would set ");
            output.WriteEscaped(setting.SysctlName);
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

using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Sockets.Stopping;

namespace Portolan.Cli.Charting;

/// <summary>The question before a stop: once for all ports, and again only for what was not in its list.</summary>
/// <param name="words">The ports as they were named.</param>
/// <param name="request">How.</param>
/// <param name="context">The machine.</param>
internal sealed class StopConsent(IReadOnlyList<string> words, StopRequest request, CommandContext context)
{
    private readonly HashSet<object> _agreed = [];
    private readonly StopText _text = new(new OwnerName(context.Machine.Users.Name), request.Manner.Signal, request.Manner.Timeout);

    /// <summary>Asks on the terminal; without one, only --yes will do.</summary>
    public bool Confirm(IReadOnlyList<StopStep> steps)
    {
        if (request.Yes || steps.SelectMany(Targets).All(_agreed.Contains))
        {
            return true;
        }

        if (!context.InputIsTerminal || !context.ErrorIsTerminal)
        {
            throw new PortolanException(
                "stop asks for confirmation, and stdin or stderr is not a terminal",
                $"add --yes, or look first with portolan stop {Advice.Words(words)} --dry-run",
                ExitCode.Usage);
        }

        foreach (var same in steps.GroupBy(_text.Step))
        {
            foreach (var holder in same.Select(step => _text.Holder(step.Holder)).Distinct())
            {
                context.Error.WriteLine(holder);
            }

            context.Error.WriteLine($"  will {same.Key}");
        }

        context.Error.Write("Go on? [y/N] ");
        context.Error.Flush();
        var answer = context.Input.ReadLine()?.Trim();
        if (answer?.ToUpperInvariant() is "Y" or "YES")
        {
            _agreed.UnionWith(steps.SelectMany(Targets));
            return true;
        }

        ErrorLines.Write(context, answer?.ToUpperInvariant() switch
        {
            null => "portolan: no answer: nothing was done",
            "" or "N" or "NO" => "portolan: nothing was done",
            _ => $"portolan: '{TerminalText.Escape(answer)}' is neither y nor n: nothing was done",
        });
        return false;
    }

    /// <summary>What a step ends, comparable with what another does.</summary>
    private static IEnumerable<object> Targets(StopStep step) => step switch
    {
        StopProcesses processes => processes.Processes.Select(static object (p) => (p.Pid, p.StartTicks)),
        StopUnits units => units.Units.Select(object (unit) => (unit, units.User)),
        StopContainer container => [(container.Container.Engine, container.Container.Id)],
        _ => [step],
    };
}

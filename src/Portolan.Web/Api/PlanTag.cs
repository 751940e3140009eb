using Portolan.Sockets.Stopping;
using Portolan.Web.Access;

namespace Portolan.Web.Api;

/// <summary>
/// What a stop would do, as an entity tag (RFC 9110, 8.8.3): the dry run answers with it, and the request that does it names it in
/// <c>If-Match</c>, so that it stops what was shown and not who took the port since.
/// </summary>
internal static class PlanTag
{
    private const int Digits = 16;

    /// <summary>The tag of a plan.</summary>
    internal static string Of(StopPlan plan) => $"\"{Secret.Hash(string.Join('\n', plan.Steps.Select(Line)))[..Digits]}\"";

    private static string Line(StopStep step) => step switch
    {
        StopUnits units => $"units {units.User} {string.Join(' ', units.Units)}",
        StopContainer { Container: var container } => $"container {container.Id}",
        StopProcesses { Processes: var processes } =>
            $"processes {string.Join(' ', processes.OrderBy(static p => p.Pid).Select(static p => $"{p.Pid}@{p.StartTicks}"))}",
        _ => throw new InvalidOperationException($"no tag for {step.GetType().Name}"),
    };
}

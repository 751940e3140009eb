using Portolan.Sockets.Owners;
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

    /// <summary>The tags that a header <c>If-Match</c> lists.</summary>
    /// <exception cref="ApiError">One is not a tag of a plan.</exception>
    internal static IReadOnlyList<string> Read(string header)
    {
        var tags = header.Split(',', StringSplitOptions.TrimEntries);
        return Array.TrueForAll(tags, static t => t.Length == Digits + 2 && t[0] == '"' && t[^1] == '"')
            ? tags
            : throw ApiError.BadRequest("bad-parameter", "If-Match is not the ETag of a dry run.", "Send the ETag as it came, in quotes.");
    }

    private static string Line(StopStep step) => step switch
    {
        StopUnits units => $"units {units.User} {string.Join(' ', units.Units)}",
        StopContainer { Container: var container } => $"container {container.Id}",
        StopProcesses { Processes: var processes } =>
            $"processes {string.Join(' ', processes.OrderBy(static p => p.Pid).Select(Line))}",
        _ => throw new InvalidOperationException($"no tag for {step.GetType().Name}"),
    };

    // A process that executes another program keeps its number and its start.
    private static string Line(ProcessInfo process) =>
        $"{process.Pid}@{process.StartTicks} {process.Name} {process.ExecutablePath}";
}

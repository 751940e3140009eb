using System.Text.Json.Serialization;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Stopping;
using Portolan.Web.Access;

namespace Portolan.Web.Api;

/// <summary>What is to be done to a port.</summary>
/// <param name="Protocol">The protocol; <c>null</c> for all of them.</param>
/// <param name="DryRun">Whether only the plan is wanted.</param>
internal sealed record ChangeRequest(string? Protocol = null, bool DryRun = true);

/// <summary>How a port is blocked.</summary>
/// <param name="Command">The command that does it.</param>
/// <param name="Text">What it does and how it is taken back.</param>
internal sealed record BlockPreview(string Command, IReadOnlyList<string> Text);

/// <summary>How documents about changes are read and written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ChangeRequest))]
[JsonSerializable(typeof(BlockPreview))]
internal sealed partial class ChangeDocuments : JsonSerializerContext;

/// <summary>
/// Routes that stop the holder of a port, or show how it is blocked. Rules are changed in a terminal: that a change does not lock its user
/// out is confirmed there.
/// </summary>
/// <param name="open">Makes the acquirers of a question.</param>
internal sealed class ChangeRoutes(Func<Machine> open)
{
    private static readonly StopManner Manner = new(Force: false, StopSignal.Term, StopManner.UsualTimeout);

    // One stop at a time: what the second would find is what the first leaves.
    private readonly Lock _one = new();

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new(
            "POST", "/api/ports/{port}/stop", Scope.Read,
            "Shows how the holder of a port is stopped; with the scope change and If-Match, the ETag of what was shown, stops it.",
            StopAsync)
        { AnswerType = typeof(StopDocument), BodyType = typeof(ChangeRequest), IsAudited = true },
        new("POST", "/api/ports/{port}/block", Scope.Read, "Shows the command that blocks a port; it is run in a terminal.", BlockAsync)
        { AnswerType = typeof(BlockPreview), BodyType = typeof(ChangeRequest), IsAudited = true },
    ];

    private async Task StopAsync(ApiExchange exchange)
    {
        var (port, protocol, isDryRun) = await ReadAsync(exchange);
        if (!isDryRun && !exchange.Caller.May(Scope.Change))
        {
            throw Authenticator.Lacks(exchange.Caller, Scope.Change);
        }

        var header = exchange.Http.Request.Headers.IfMatch.ToString();
        if (!isDryRun && header.Length == 0)
        {
            throw new ApiError(
                428, "no-plan", "The request does not name the plan that it would carry out.",
                "Send a dry run first, and its ETag in the header If-Match.");
        }

        var tags = isDryRun ? null : PlanTag.Read(header);

        // Once it has begun it is done to its end, whether or not a client waits for the answer.
        var (document, plan) = await Task.Run(
            () =>
            {
                lock (_one)
                {
                    return Stop(port, protocol, tags, exchange.Caller);
                }
            },
            CancellationToken.None);
        exchange.Http.Response.Headers.ETag = plan;
        await exchange.AnswerAsync(document, ReachabilityDocuments.Default.StopDocument);
    }

    // Without tags it is a dry run.
    private (StopDocument Document, string Plan) Stop(
        PortNumber port, TransportProtocol? protocol, IReadOnlyList<string>? tags, Caller caller)
    {
        var machine = open();
        var takenAt = machine.Clock.GetUtcNow();
        var stopper = new PortStopper(machine, new PortTarget(new NamedPort(port, protocol), null, IsFound: false), Manner);
        var look = stopper.Look(CancellationToken.None);
        var plan = PlanTag.Of(look.Plan);
        if (tags?.Contains(plan) == false && look.Plan.Steps.Count > 0)
        {
            throw new ApiError(
                412, "plan-changed", $"Port {port.Value} is held by another program than the dry run showed. Nothing was stopped.",
                "Look at a new dry run.");
        }

        var isDryRun = tags is null;
        var report = isDryRun || look.Plan.Steps.Count == 0 ? null : stopper.Stop(look, CancellationToken.None);
        var document = StopDocument.Of(port, isDryRun, look, report, Manner, machine.Users.Name, takenAt, Environment.MachineName);
        var hidden = new HiddenArguments(caller, pid => look.Facts.Processes.GetValueOrDefault(pid)?.UserId);
        return (document with { Holders = [.. document.Holders.Select(hidden.In)] }, plan);
    }

    private static async Task BlockAsync(ApiExchange exchange)
    {
        var (port, protocol, isDryRun) = await ReadAsync(exchange);
        var command = $"sudo portolan block {port.Value}{(protocol is { } one ? $"/{one.Name()}" : "")}";
        if (!isDryRun)
        {
            throw new ApiError(409, "use-the-terminal", "Rules are changed in a terminal of this machine.", $"Run there: {command}");
        }

        await exchange.AnswerAsync(
            new BlockPreview(
                command,
                [
                    "The command shows the rules that it would add, and asks before it adds them.",
                    "The rules vanish after a minute unless they are confirmed over a new connection, so that no mistake locks you out.",
                    "portolan firewall undo takes them back at any time.",
                ]),
            ChangeDocuments.Default.BlockPreview);
    }

    private static async Task<(PortNumber Port, TransportProtocol? Protocol, bool IsDryRun)> ReadAsync(ApiExchange exchange)
    {
        var request = await exchange.BodyAsync(ChangeDocuments.Default.ChangeRequest);
        exchange.Audit(request.DryRun ? "dry run" : "for real", isKept: !request.DryRun);
        return (exchange.Port(), request.Protocol is { } text ? ApiExchange.ReadProtocol(text) : null, request.DryRun);
    }
}

using System.Text.Json.Serialization;
using Portolan.Fleet.Settings;
using Portolan.Reachability.Composing;
using Portolan.Scan.Checking;
using Portolan.Scan.Documents;
using Portolan.Watch.Checking;
using Portolan.Web.Access;
using Portolan.Web.Feed;

namespace Portolan.Web.Api;

/// <param name="Target">A target as <c>portolan check</c> takes it.</param>
/// <param name="Vantage">A zone of the fleet, or <c>all</c>; <c>null</c> for this machine.</param>
internal sealed record CheckRequest(string? Target, string? Vantage = null);

/// <summary>How requests for checks are read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CheckRequest))]
internal sealed partial class CheckRequests : JsonSerializerContext;

/// <summary>The route that connects to a port, from this machine or from zones of a fleet.</summary>
/// <param name="open">Makes the acquirers of a question.</param>
/// <param name="fleet">The fleet, or <c>null</c>.</param>
internal sealed class CheckRoutes(Func<Machine> open, FleetSource? fleet)
{
    private const int LongestTarget = 2000;

    /// <summary>How many checks run at once, of all browsers together; others wait.</summary>
    private const int AtOnce = 4;

    private static readonly SemaphoreSlim Slots = new(AtOnce, AtOnce);

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new(
            "POST", "/api/check", Scope.Scan,
            "One connection, step by step, as portolan.check/1; with vantage such a document from each zone of the fleet.", CheckAsync)
        {
            AnswerType = typeof(CheckDocument), OtherAnswerType = typeof(ZoneChecksDocument), BodyType = typeof(CheckRequest),
            IsAudited = true,
        },
    ];

    private async Task CheckAsync(ApiExchange exchange)
    {
        var (text, zone) = await exchange.BodyAsync(CheckRequests.Default.CheckRequest);
        if (text is not { Length: > 0 and <= LongestTarget })
        {
            throw ApiError.BadRequest("bad-target", "The target is missing.", "For example https://example.com or example.com:22.");
        }

        if (zone is not null && !AgentSettingsFile.IsName(zone))
        {
            throw ApiError.BadRequest("bad-vantage", "vantage is a zone of the fleet, or all.", "GET /api/fleet lists the zones.");
        }

        var asked = CheckTargetParser.WithoutSecrets(text);
        exchange.Audit(zone is null ? asked : $"{asked} from {zone}");
        if (!CheckTargetParser.TryParse(text, out var target, out var problem))
        {
            throw ApiError.BadRequest(
                "bad-target", $"'{asked}': {problem.Reason}.", problem.Remedy.ToString());
        }

        if (zone is not null)
        {
            await exchange.AnswerAsync(
                await FleetRoutes.Require(fleet).CheckAsync(target.Text, zone, exchange.Aborted), FleetPages.Default.ZoneChecksDocument);
            return;
        }

        await Slots.WaitAsync(exchange.Aborted);
        try
        {
            var machine = open();
            var takenAt = machine.Clock.GetUtcNow();
            var checker = CheckSetup.Make(
                new CheckOptions(), null, machine, sockets => new GuardedSockets(sockets, asked));
            var report = await checker.CheckAsync(target, exchange.Aborted);
            var verdict = new CheckOrder(target, []).Judge(report);
            await exchange.AnswerAsync(
                CheckDocument.Of([verdict], takenAt, Environment.MachineName), ScanDocuments.Default.CheckDocument);
        }
        finally
        {
            Slots.Release();
        }
    }
}

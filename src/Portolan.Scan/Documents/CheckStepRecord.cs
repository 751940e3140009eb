using System.Text.Json.Serialization;
using Portolan.Scan.Checking;

namespace Portolan.Scan.Documents;

/// <summary>One step of a check. Derived records hold the facts that it found.</summary>
[JsonDerivedType(typeof(NameStepRecord))]
[JsonDerivedType(typeof(QueryStepRecord))]
[JsonDerivedType(typeof(RouteStepRecord))]
[JsonDerivedType(typeof(ConnectStepRecord))]
[JsonDerivedType(typeof(DatagramStepRecord))]
[JsonDerivedType(typeof(TlsStepRecord))]
[JsonDerivedType(typeof(HttpStepRecord))]
[JsonDerivedType(typeof(RedirectStepRecord))]
[JsonDerivedType(typeof(IdentifyStepRecord))]
[JsonDerivedType(typeof(ServiceStepRecord))]
[JsonDerivedType(typeof(GreetingStepRecord))]
public record CheckStepRecord
{
    private protected CheckStepRecord(CheckStep step)
    {
        Step = step.Kind;
        AtMilliseconds = Milliseconds.Of(step.Time.At);
        ElapsedMilliseconds = Milliseconds.Of(step.Time.Elapsed);
        Result = step.Result.Name();
        Summary = step.Summary;
        Meaning = step.Meaning;
    }

    /// <summary>Its name, such as <c>connect</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string Step { get; }

    /// <summary>When it began, from the start of the check.</summary>
    [JsonPropertyOrder(-1)]
    public decimal AtMilliseconds { get; }

    /// <summary>How long it took.</summary>
    [JsonPropertyOrder(-1)]
    public decimal ElapsedMilliseconds { get; }

    /// <summary>How it ended: see <see cref="StepResultNames"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Result { get; }

    /// <summary>What happened, in one line. Hostile text.</summary>
    [JsonPropertyOrder(-1)]
    public string Summary { get; }

    /// <summary>What a failure or a warning means, or <c>null</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string? Meaning { get; }

    /// <summary>A step as documents have it.</summary>
    public static CheckStepRecord Of(CheckStep step) => step switch
    {
        NameStep name => new NameStepRecord(name),
        QueryStep query => new QueryStepRecord(query),
        RouteStep route => new RouteStepRecord(route),
        ConnectStep connect => new ConnectStepRecord(connect),
        DatagramStep datagram => new DatagramStepRecord(datagram),
        TlsStep tls => new TlsStepRecord(tls),
        HttpStep http => new HttpStepRecord(http),
        HttpRedirectStep redirect => new RedirectStepRecord(redirect),
        IdentifyStep identify => new IdentifyStepRecord(identify),
        ServiceStep service => new ServiceStepRecord(service),
        GreetingStep greeting => new GreetingStepRecord(greeting),
        _ => new CheckStepRecord(step),
    };
}

/// <summary>Durations as documents have them.</summary>
internal static class Milliseconds
{
    /// <summary>Milliseconds, to the microsecond.</summary>
    public static decimal Of(TimeSpan time) => Math.Round((decimal)time.Ticks / TimeSpan.TicksPerMillisecond, 3);
}

using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>One request and its answer (RFC 9110).</summary>
/// <param name="Url">What was asked for.</param>
/// <param name="Response">The answer; <c>null</c> when there was none.</param>
public sealed record HttpStep(string Url, HttpAnswer? Response) : CheckStep, IServiceEvidence
{
    /// <inheritdoc/>
    public override string Kind => "http";

    /// <inheritdoc/>
    public IdentifiedService? Identified { get; init; }
}

/// <summary>What a server answered. Everything in it is text from outside.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Reason">Its words; empty in HTTP/2.</param>
/// <param name="Version">Such as <c>HTTP/1.1</c>.</param>
/// <param name="FirstAnswer">From sending the request until its answer's header was there.</param>
/// <param name="BodyLength">Bytes of the body that were read, as they came (not decompressed).</param>
/// <param name="BodyEnding">Whether that was all of it.</param>
public sealed record HttpAnswer(int Status, string Reason, string Version, TimeSpan FirstAnswer, long BodyLength, BodyEnding BodyEnding)
{
    /// <summary>The <c>Server</c> field.</summary>
    public string? Server { get; init; }

    /// <summary>The <c>Content-Type</c> field.</summary>
    public string? ContentType { get; init; }

    /// <summary>The <c>Content-Length</c> field. Bytes; <c>null</c> where it does not count, as beside chunks.</summary>
    public long? ContentLength { get; init; }

    /// <summary>
    /// What the <c>Content-Length</c> field says when that is no length, or several that differ (RFC 9110 section 8.6); <c>null</c> when it
    /// is one, or there is no such field.
    /// </summary>
    public string? InvalidLength { get; init; }

    /// <summary>Whether the body broke off at bytes that are no chunk (RFC 9112 section 7.1).</summary>
    public bool HasInvalidChunk { get; init; }

    /// <summary>Bytes that came behind the body, where its Content-Length ends it. They are lost for clients.</summary>
    public long Excess { get; init; }

    /// <summary>The limit at which the reading of the body stopped; <c>null</c> where it did not. Bytes.</summary>
    public long? BodyLimit { get; init; }

    /// <summary>Whether bytes of the body still came when its time was over.</summary>
    public bool StillCame { get; init; }

    /// <summary>The <c>Location</c> field as it came.</summary>
    public string? Location { get; init; }

    /// <summary>Whether the body came to its end, as far as it was read, and its end can be told.</summary>
    public bool IsWhole => (BodyEnding is BodyEnding.Complete or BodyEnding.TooLong) && InvalidLength is null;

    /// <summary>Whether it sends the client elsewhere (RFC 9110 section 15.4).</summary>
    public bool IsRedirect => Status is 301 or 302 or 303 or 307 or 308 && Location is not null;
}

/// <summary>Why the reading of a body ended.</summary>
public enum BodyEnding : byte
{
    /// <summary>All of it was read.</summary>
    Complete,

    /// <summary>It is longer than is read of one, or its bytes still came when the time for them was over.</summary>
    TooLong,

    /// <summary>It stopped before its end, or its first bytes did not come in time.</summary>
    TimedOut,

    /// <summary>The answer ended before its body was as long as it was said to be.</summary>
    Broken,
}

/// <summary>The names of <see cref="BodyEnding"/>.</summary>
public static class BodyEndingNames
{
    /// <summary>As the machine formats write it.</summary>
    public static string Name(this BodyEnding ending) => ending switch
    {
        BodyEnding.Complete => "complete",
        BodyEnding.TooLong => "too-long",
        BodyEnding.TimedOut => "timed-out",
        _ => "broken",
    };
}

using Portolan.Scan.Checking;

namespace Portolan.Scan.Documents;

/// <summary>One request and its answer.</summary>
public sealed record HttpStepRecord : CheckStepRecord
{
    internal HttpStepRecord(HttpStep step)
        : base(step) => (Url, Response) = (step.Url, HttpResponseRecord.Of(step.Response));

    /// <summary>The method of the request.</summary>
    public string Method { get; } = "GET";

    /// <summary>What was asked for.</summary>
    public string Url { get; }

    /// <summary>The answer; <c>null</c> when there was none.</summary>
    public HttpResponseRecord? Response { get; }
}

/// <summary>What a server answered. Hostile text; a field that did not come is <c>null</c>.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Reason">Its words.</param>
/// <param name="Version">The version of HTTP.</param>
/// <param name="AnsweredAfterMilliseconds">From sending the request until the header of the answer was there.</param>
/// <param name="Server">The <c>Server</c> field.</param>
/// <param name="ContentType">The <c>Content-Type</c> field.</param>
/// <param name="ContentLength">The <c>Content-Length</c> field. Bytes.</param>
/// <param name="Location">The <c>Location</c> field.</param>
/// <param name="BodyLength">Bytes of the body that were read.</param>
/// <param name="BodyEnding">Whether that was all of it: see <see cref="BodyEndingNames"/>.</param>
/// <param name="BodyLimit">The limit at which the reading of the body stopped, or <c>null</c>. Bytes.</param>
public sealed record HttpResponseRecord(
    int Status, string Reason, string Version, decimal AnsweredAfterMilliseconds, string? Server, string? ContentType,
    long? ContentLength, string? Location, long BodyLength, string BodyEnding, long? BodyLimit)
{
    /// <summary>An answer as documents have it; <c>null</c> when there was none.</summary>
    public static HttpResponseRecord? Of(HttpAnswer? answer) => answer is null ? null : new HttpResponseRecord(
        answer.Status, answer.Reason, answer.Version, Milliseconds.Of(answer.FirstAnswer), answer.Server, answer.ContentType,
        answer.ContentLength, answer.Location, answer.BodyLength, answer.BodyEnding.Name(), answer.BodyLimit);
}

/// <summary>A redirect that was not followed.</summary>
public sealed record RedirectStepRecord : CheckStepRecord
{
    internal RedirectStepRecord(HttpRedirectStep step)
        : base(step) => Location = step.Location;

    /// <summary>Where the server sent the client. Hostile text.</summary>
    public string Location { get; }
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Portolan.Model.Documents;
using Portolan.Web.Access;

namespace Portolan.Web.Api;

/// <summary>One request and its answer, as handlers of routes see them.</summary>
/// <param name="http">The request.</param>
/// <param name="caller">Who sent it.</param>
internal sealed class ApiExchange(HttpContext http, Caller caller)
{
    /// <summary>The longest body of a request. Bytes.</summary>
    internal const int LongestBody = 16 * 1024;

    /// <summary>Where the request keeps what <see cref="Audit"/> was given.</summary>
    internal const string AuditItem = "portolan.audit";

    /// <summary>Where the request keeps whether its line of the audit log is written in any case.</summary>
    internal const string AuditKeptItem = "portolan.audit.kept";

    /// <summary>Where the request keeps what <see cref="AuditAs"/> was given.</summary>
    internal const string AuditNameItem = "portolan.audit.name";

    /// <summary>The request.</summary>
    internal HttpContext Http { get; } = http;

    /// <summary>Who sent it.</summary>
    internal Caller Caller { get; } = caller;

    /// <summary>Fires when the client goes away.</summary>
    internal CancellationToken Aborted => Http.RequestAborted;

    /// <summary>Says what was asked in the line of the audit log, beside the method and the path. Hostile text may be in it.</summary>
    /// <param name="detail">What.</param>
    /// <param name="isKept">Whether the line is written however often the caller asks, where the request succeeds.</param>
    internal void Audit(string detail, bool isKept = false) =>
        (Http.Items[AuditItem], Http.Items[AuditKeptItem]) = (detail, isKept);

    /// <summary>Says who asked in the line of the audit log: the session that a login has begun.</summary>
    internal void AuditAs(string name) => Http.Items[AuditNameItem] = name;

    /// <summary>A parameter of the query; <c>null</c> where it is absent or empty.</summary>
    internal string? Query(string name) => Http.Request.Query[name] is [{ Length: > 0 } value, ..] ? value : null;

    /// <summary>A parameter of the query that is a whole number.</summary>
    /// <exception cref="ApiError">It is none, or out of range.</exception>
    internal int Number(string name, int usual, int least, int most) =>
        Query(name) is not { } text ? usual
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
        : throw ApiError.BadRequest("bad-parameter", $"{name} must be a whole number from {least} to {most}.");

    /// <summary>The part of the path that is a port.</summary>
    /// <exception cref="ApiError">It is none.</exception>
    internal PortNumber Port() => Http.Request.RouteValues["port"] is string text && PortNumber.TryParse(text, out var port)
        ? port
        : throw ApiError.NotFound("no-such-port", "A port is a number from 0 to 65535.");

    /// <summary>The transport protocol that the query names, or <c>null</c>.</summary>
    internal TransportProtocol? Protocol() => Query("protocol") is { } text ? ReadProtocol(text) : null;

    /// <summary>Reads <c>tcp</c> or another transport protocol.</summary>
    internal static TransportProtocol ReadProtocol(string text) => TransportProtocolNames.TryParse(text, out var protocol)
        ? protocol
        : throw ApiError.BadRequest("bad-parameter", "protocol must be tcp, udp, sctp or dccp.");

    /// <summary>Reads the body, which must be JSON of a known type.</summary>
    /// <exception cref="ApiError">It is not.</exception>
    internal async Task<T> BodyAsync<T>(JsonTypeInfo<T> type)
        where T : class
    {
        if (Http.Request.ContentType is not { } content
            || !content.Split(';')[0].Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiError(415, "not-json", "The body must be application/json.");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(Http.Request.Body, type, Aborted)
                ?? throw ApiError.BadRequest("bad-body", "The body must be an object.");
        }
        catch (JsonException)
        {
            throw ApiError.BadRequest("bad-body", "The body is not what this route takes.", "docs/api.md shows it.");
        }
    }

    /// <summary>Answers with a document.</summary>
    internal async Task AnswerAsync<T>(T document, JsonTypeInfo<T> type, int status = 200)
    {
        Http.Response.StatusCode = status;
        Http.Response.ContentType = "application/json";
        using var whole = new MemoryStream();
        JsonOutput.WriteDocument(whole, document, type);
        Http.Response.ContentLength = whole.Length;
        if (!HttpMethods.IsHead(Http.Request.Method))
        {
            await Http.Response.Body.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length), Aborted);
        }
    }

    /// <summary>
    /// Begins a download: the browser saves it under a name. What follows is written synchronously on a thread of the pool, so that a
    /// document of any length is never in memory as a whole.
    /// </summary>
    /// <param name="name">The name of the file.</param>
    /// <param name="type">Its type, such as <c>text/csv; charset=utf-8</c>.</param>
    /// <param name="write">Writes it.</param>
    internal async Task DownloadAsync(string name, string type, Action<Stream> write)
    {
        Http.Response.ContentType = type;
        Http.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        if (Http.Features.Get<IHttpBodyControlFeature>() is { } control)
        {
            control.AllowSynchronousIO = true;
        }

        await Task.Run(() => write(Http.Response.Body), Aborted);
    }
}

using System.Globalization;
using Microsoft.AspNetCore.Http;
using Portolan.Linux;
using Portolan.Web.Access;
using Portolan.Web.Api;

namespace Portolan.Web.Hosting;

/// <summary>Serves one route: who asks, may they, the answer or the refusal, the line in the log.</summary>
/// <param name="route">The route.</param>
/// <param name="access">What decides over access.</param>
/// <param name="authenticator">Finds out who asks.</param>
/// <param name="report">Says an unexpected failure to the person at the server.</param>
internal sealed class RouteServer(ApiRoute route, AccessControl access, Authenticator authenticator, Action<Exception> report)
{
    private static readonly Caller Stranger = new(Scope.None, null, null, null);

    /// <summary>Answers.</summary>
    internal async Task ServeAsync(HttpContext http)
    {
        var caller = Stranger with { Remote = Authenticator.RemoteOf(http) };
        try
        {
            if (route.Scope != Scope.None)
            {
                caller = authenticator.Require(http, route);
            }

            // What is read ends with its session; the request that ends it is answered.
            using var end = route.Method == "GET" ? caller.Ended.Register(http.Abort) : default;
            await route.Handle(new ApiExchange(http, caller));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            await RefuseAsync(http, ErrorOf(exception, report));
        }
        catch (Exception exception)
        {
            // The answer is under way: a client must not take what it got for the whole.
            report(exception);
            http.Abort();
        }

        if (route.IsAudited || http.Response.StatusCode == StatusCodes.Status403Forbidden)
        {
            var name = caller.Name ?? http.Items[ApiExchange.AuditNameItem] as string;
            access.Audit.Add(
                name, caller.Remote?.ToString(), $"{http.Request.Method} {http.Request.Path.Value}",
                http.Items[ApiExchange.AuditItem] as string, http.Response.StatusCode,
                isKept: http.Response.StatusCode < 400 && http.Items[ApiExchange.AuditKeptItem] is true);
        }
    }

    /// <summary>Answers with a refusal.</summary>
    internal static Task RefuseAsync(HttpContext http, ApiError error)
    {
        // A handler may have begun to describe another answer.
        http.Response.Headers.ContentDisposition = default;
        if (error.RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        if (error.Status == StatusCodes.Status405MethodNotAllowed)
        {
            http.Response.Headers.Allow = "GET, HEAD, POST, DELETE";
        }

        return new ApiExchange(http, Stranger).AnswerAsync(
            new ErrorDocument(new ErrorRecord(error.Code, error.Message, error.Hint)), AccessDocuments.Default.ErrorDocument, error.Status);
    }

    private static ApiError ErrorOf(Exception exception, Action<Exception> report)
    {
        switch (exception)
        {
            case ApiError error:
                return error;
            case PortolanException known:
                return new ApiError(
                    known.ExitCode switch { ExitCode.Usage => 400, ExitCode.NoPrivilege => 403, _ => 500 },
                    known.ExitCode switch { ExitCode.Usage => "bad-request", ExitCode.NoPrivilege => "no-privilege", _ => "failed" },
                    known.Message, known.Hint?.ToString());
            case BadHttpRequestException bad:
                return new ApiError(bad.StatusCode, "bad-request", "The request is not valid, or too long.");
            case LinuxException { IsPermission: true } denied:
                return new ApiError(403, "no-privilege", $"The server cannot {denied.Message}.", "Start the server as root.");
            default:
                report(exception);
                return new ApiError(500, "unexpected", "The server has met an unexpected failure.", "Its terminal or journal says which.");
        }
    }
}

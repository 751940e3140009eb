namespace Portolan.Web.Api;

/// <summary>Why a request is refused: a code for programs, a message and a hint for people.</summary>
internal sealed class ApiError(int status, string code, string message, string? hint = null) : Exception(message)
{
    /// <summary>The status of HTTP.</summary>
    internal int Status { get; } = status;

    /// <summary>The code: words with hyphens.</summary>
    internal string Code { get; } = code;

    /// <summary>What to do about it, or <c>null</c>.</summary>
    internal string? Hint { get; } = hint;

    /// <summary>How long to wait before the next attempt, or <c>null</c>.</summary>
    internal TimeSpan? RetryAfter { get; init; }

    internal static ApiError BadRequest(string code, string message, string? hint = null) => new(400, code, message, hint);

    internal static ApiError NotFound(string code, string message, string? hint = null) => new(404, code, message, hint);
}

/// <summary>The body of a refusal.</summary>
/// <param name="Error">What was refused.</param>
internal sealed record ErrorDocument(ErrorRecord Error);

/// <summary>A refusal.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Message">For people.</param>
/// <param name="Hint">What to do, or <c>null</c>.</param>
internal sealed record ErrorRecord(string Code, string Message, string? Hint);

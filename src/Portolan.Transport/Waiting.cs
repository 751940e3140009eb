namespace Portolan.Transport;

/// <summary>Says who waits, for worlds in virtual time, which end a wait that is not theirs with its name.</summary>
internal static class Waiting
{
    /// <summary>The asynchronous method that goes on when a wait has ended.</summary>
    /// <param name="call">What was posted to a context.</param>
    /// <param name="state">Its state.</param>
    internal static string NameOf(SendOrPostCallback call, object? state)
    {
        foreach (var target in (ReadOnlySpan<object?>)[(state as Delegate)?.Target, state, call.Target])
        {
            foreach (var type in target?.GetType() is { IsGenericType: true } generic ? generic.GetGenericArguments() : [])
            {
                if (MethodOf(type.Name) is { } method)
                {
                    return method;
                }
            }
        }

        return "a method";
    }

    /// <summary>
    /// Compilers call the state machine of a method <c>&lt;Method&gt;d__1</c>, of a function within one
    /// <c>&lt;&lt;Method&gt;g__Function|1_0&gt;d</c>, of a lambda <c>&lt;&lt;Method&gt;b__1_0&gt;d</c>.
    /// </summary>
    private static string? MethodOf(string type)
    {
        var local = type.IndexOf(">g__", StringComparison.Ordinal) + 4;
        if (local > 3 && type.IndexOf('|', local) is var bar && bar > local)
        {
            return type[local..bar];
        }

        var begin = type.LastIndexOf('<') + 1;
        var end = type.IndexOf('>', begin);
        return begin > 0 && end > begin ? type[begin..end] : null;
    }
}

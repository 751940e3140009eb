namespace Portolan.Lab.Scenarios;

/// <summary>Tries what is meant to fail.</summary>
internal static class Attempt
{
    /// <summary>The error that something ends with; <c>null</c> when it does not fail.</summary>
    internal static async Task<TError?> FailureOf<TError>(Func<Task> action)
        where TError : Exception
    {
        try
        {
            await action();
            return null;
        }
        catch (TError error)
        {
            return error;
        }
    }

    /// <summary>The error that something ends with at once; <c>null</c> when it does not fail.</summary>
    internal static TError? FailureOf<TError>(Action action)
        where TError : Exception
    {
        try
        {
            action();
            return null;
        }
        catch (TError error)
        {
            return error;
        }
    }
}

namespace Portolan.Transport.Testing;

/// <summary>Something that must hold in a world did not.</summary>
public sealed class SimFailureException : Exception
{
    /// <summary>For serializers.</summary>
    public SimFailureException()
    {
    }

    /// <summary>With a message.</summary>
    public SimFailureException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public SimFailureException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

namespace Portolan.Lab.Services;

/// <summary>
/// What services of one host keep between connections, such as its mailboxes: one object of each kind, made when it is first asked for.
/// </summary>
/// <remarks>Hosts of a range share it, those at whose place a command runs too. Any thread.</remarks>
public sealed class HostState
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Type Kind, string Name), object> _objects = [];

    /// <summary>The object of a kind.</summary>
    /// <param name="make">Makes it. It must not ask for state itself.</param>
    /// <param name="name">Tells several of one kind apart, such as the servers on two ports.</param>
    public T Get<T>(Func<T> make, string name = "")
        where T : class
    {
        lock (_lock)
        {
            if (_objects.TryGetValue((typeof(T), name), out var found))
            {
                return (T)found;
            }

            var made = make();
            _objects.Add((typeof(T), name), made);
            return made;
        }
    }
}

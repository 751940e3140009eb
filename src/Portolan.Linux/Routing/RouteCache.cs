using Portolan.Model;

namespace Portolan.Linux.Routing;

/// <summary>Remembers the kernel's answers for classes of addresses. One thread at a time; one for each family.</summary>
internal sealed class RouteCache(RouteRequests requests, bool isIPv4)
{
    /// <summary>Questions before the tables are read: a scan of a few hosts does without them.</summary>
    private const int QuestionsBeforeTables = 32;

    private readonly Dictionary<Question, Answer> _answers = [];
    private AddressClasses? _classes;
    private bool _hasTables;
    private int _questions;

    /// <summary>Asks the kernel, or remembers what it said of another address of the class.</summary>
    /// <returns>0, or the error number that a packet would end with.</returns>
    internal int FindRoute(InternetAddress destination, int interfaceIndex, InternetAddress? source, out KernelRoute route)
    {
        if (!_hasTables && _questions >= QuestionsBeforeTables)
        {
            _hasTables = true;
            _classes = ReadClasses();
        }

        var question = new Question(_classes?.ClassOf(destination) ?? -1, interfaceIndex, source);
        if (question.Class >= 0 && _answers.TryGetValue(question, out var known))
        {
            route = known.Route;
            return known.Errno;
        }

        _questions++;
        var errno = requests.FindRoute(destination, interfaceIndex, source, out route);
        // A packet to this host is sent from the address it goes to, which is another for each.
        if (question.Class >= 0 && route.Kind != RouteType.Local)
        {
            _answers[question] = new Answer(errno, route);
        }

        return errno;
    }

    private AddressClasses? ReadClasses()
    {
        var reader = new PrefixReader(isIPv4);
        return requests.TryReadPrefixes(isIPv4, reader) && !reader.IsTooMuch
            ? AddressClasses.Make(reader.Prefixes, isIPv4 ? 32 : 128)
            : null;
    }

    private readonly record struct Question(int Class, int InterfaceIndex, InternetAddress? Source);

    private readonly record struct Answer(int Errno, KernelRoute Route);
}

using Portolan.Model;

namespace Portolan.Scan.Engine;

/// <summary>
/// Finds an address's place in a list: open addressing over the list's indexes, 4 bytes for each slot, nothing allocated in a look-up.
/// </summary>
internal sealed class AddressIndex
{
    private readonly InternetAddress[] _addresses;
    private readonly int[] _slots;
    private readonly int _mask;

    /// <summary>Takes the list; an address that is there twice is found at its first place.</summary>
    public AddressIndex(InternetAddress[] addresses)
    {
        _addresses = addresses;
        var size = 4;
        while (size < addresses.Length * 2)
        {
            size *= 2;
        }

        _slots = new int[size];
        _mask = size - 1;
        for (var i = 0; i < addresses.Length; i++)
        {
            var slot = addresses[i].GetHashCode() & _mask;
            while (_slots[slot] != 0 && _addresses[_slots[slot] - 1] != addresses[i])
            {
                slot = (slot + 1) & _mask;
            }

            if (_slots[slot] == 0)
            {
                _slots[slot] = i + 1;
            }
        }
    }

    /// <summary>The place, or -1.</summary>
    public int IndexOf(InternetAddress address)
    {
        for (var slot = address.GetHashCode() & _mask; _slots[slot] != 0; slot = (slot + 1) & _mask)
        {
            if (_addresses[_slots[slot] - 1] == address)
            {
                return _slots[slot] - 1;
            }
        }

        return -1;
    }
}
